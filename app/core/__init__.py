"""The headless heart: the drawing as a value, what follows from it, and its text. No Qt."""
