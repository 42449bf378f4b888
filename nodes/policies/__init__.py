"""Ways to choose an action while a net learns to play."""
