"""Words that people write: what of them can be kept."""

from __future__ import annotations


def writable(text: str) -> str:
    """``text`` as it can be saved and printed: half of a letter, which a paste can bring, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
