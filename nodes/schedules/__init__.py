"""Schedules: rules by which the learning rate changes."""
