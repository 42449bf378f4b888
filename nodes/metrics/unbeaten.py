"""How often a net does not lose."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="unbeaten", name="Unbeaten", reads="games", percent=True)
def unbeaten() -> Counted:
    """The share of 20 games against a perfect player that the net does not lose without any search, on boards of up to
    nine squares."""
    return Counted({}, "")
