"""The command palette: everything that can be done, by name."""
