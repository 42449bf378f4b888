"""Own data in the window: dropped files, what was understood of them, and what can be changed about it."""
