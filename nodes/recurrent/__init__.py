"""Layers that read a sequence step by step."""
