"""The panel that tells how good the answers of the net are."""
