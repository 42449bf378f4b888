"""Layers that keep a network from learning by heart."""
