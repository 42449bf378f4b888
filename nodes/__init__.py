"""The vocabulary students drag: one small file per layer, one folder per palette category."""
