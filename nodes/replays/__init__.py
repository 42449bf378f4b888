"""What is remembered of games, and how batches are drawn of it."""
