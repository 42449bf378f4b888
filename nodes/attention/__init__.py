"""Layers in which every step looks at other steps."""
