"""What the layers compute, as stages whose every number can be followed: one file for each kind of layer."""
