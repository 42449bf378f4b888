"""What is done to samples in training only, so that the net sees more than there are."""
