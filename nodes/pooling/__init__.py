"""Pooling: windows are reduced to one value."""
