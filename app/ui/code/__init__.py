"""The printed program of the drawing."""
