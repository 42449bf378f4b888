"""What the program shows but does not run: drawings, icons and themes, found with importlib.resources."""
