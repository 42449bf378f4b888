"""Small pictures that explain layers, drawn by code in the colours of the theme."""
