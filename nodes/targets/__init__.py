"""Slow copies of a net, which say what the next state is worth."""
