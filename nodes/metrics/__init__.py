"""Metrics: how good the answers are."""
