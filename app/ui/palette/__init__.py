"""The palette: every layer type, to be searched and dragged."""
