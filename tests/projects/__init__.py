"""Drawings that ship with the program, and drawings that other versions wrote."""
