"""What the whole test run shares: an isolated user, a display nobody sees, and the watch for left-overs."""
