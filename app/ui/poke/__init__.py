"""The panel that lays hands on a copy of the net: draw on the input, switch units off, set weights, prune; and see."""
