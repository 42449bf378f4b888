"""Data sets: one file for each kind, a catalogue that finds them, and the split into training and held-out data."""
