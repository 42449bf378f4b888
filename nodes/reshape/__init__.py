"""Layers that arrange values anew."""
