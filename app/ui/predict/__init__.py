"""The panel that asks a trained net: draw, drop a file, paste, write or type, and see what it says."""
