"""Public data that can be got from the internet."""
