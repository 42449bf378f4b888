"""Frames and notes on the canvas: how they look, what is under the mouse, and what can be done with them."""
