"""The inspector: what the selected layer is, its settings, and what follows from them."""
