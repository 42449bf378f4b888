"""Activations: a simple curve applied to every value."""
