"""Convolutions: the same small window of weights slides over the input."""
