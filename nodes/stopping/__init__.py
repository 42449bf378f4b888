"""Stop rules: when a training ends before its last epoch."""
