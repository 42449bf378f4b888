"""Board games of a net: matches against others, and a game against somebody in front of the window."""
