"""How any number in a net was made: from which inputs, with which weights, by which sum."""
