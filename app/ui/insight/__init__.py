"""The panels that look inside a net: filters, activations, dreams; and what fetches their pictures."""
