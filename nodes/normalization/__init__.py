"""Layers that keep values in a good range."""
