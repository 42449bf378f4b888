"""Training: a headless loop that yields events, and what it is made of. ``events`` and ``control`` need no torch."""
