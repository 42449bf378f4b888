"""torch modules that torch itself lacks; printed into the generated file."""
