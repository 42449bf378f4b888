"""From words and classes to numbers, and where in a sequence they stand."""
