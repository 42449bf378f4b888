"""Nodes that offer data."""
