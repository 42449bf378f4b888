"""The drawing as a picture for other programs, and on paper."""
