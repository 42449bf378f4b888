"""The panel in which a net writes."""
