"""Ways to ask which places of a picture an answer depends on: one file each, each a function of an ``Explanation``."""
