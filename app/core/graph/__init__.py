"""The drawing: an immutable value and pure functions over it."""
