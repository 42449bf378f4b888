"""A run at its epochs: the nets that were kept, and films of how a view changes."""
