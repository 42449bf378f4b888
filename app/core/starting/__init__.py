"""The first drawing for data, and another source under a drawing that is there."""
