"""Weights that come from elsewhere: which belong to which layer, and which layers to freeze. No torch here."""
