"""Optimizers: rules that turn gradients into steps."""
