"""Variants of a drawing: settings that vary, the values they take, and the drawing of each combination."""
