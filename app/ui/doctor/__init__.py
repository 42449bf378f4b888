"""The Doctor: what works on this machine, as a page to read and to copy."""
