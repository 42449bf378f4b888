"""Helpers for working on Netloom: setting up, taking screenshots, opening a display nobody sees."""
