"""How much is tried out."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="epsilon", name="Epsilon", reads="games", higher=False)
def epsilon() -> Counted:
    """The share of random actions at the end of the epoch, or whatever else the policy is ruled by."""
    return Counted({}, "")
