"""How many games nobody wins."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="draws", name="Draws", reads="games", percent=True)
def draws() -> Counted:
    """The share of draws among the games against itself that ended in the epoch."""
    return Counted({}, "")
