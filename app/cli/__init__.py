"""The same work without a window. No Qt."""
