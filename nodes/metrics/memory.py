"""How much is remembered."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="memory", name="Memory", reads="games", percent=True)
def memory() -> Counted:
    """How full the replay memory is at the end of the epoch."""
    return Counted({}, "")
