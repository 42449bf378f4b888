"""Writes the drawings that ship with the program from short declarations: ``python -m tools.templates``."""
