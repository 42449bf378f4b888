"""Calculating with numbers, so that backpropagation can be followed by hand."""
