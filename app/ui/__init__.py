"""The window: Qt lives here and nowhere below. Nothing in this package imports torch at module level."""
