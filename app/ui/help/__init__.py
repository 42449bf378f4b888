"""Small pictures that explain layers, drawn by code in the colours of the theme."""

WIDTH, HEIGHT = 240.0, 100.0  # units of a picture
