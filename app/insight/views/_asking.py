"""What the views that ask where an answer comes from have in common. No view itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api.params import Int

if TYPE_CHECKING:
    from app.insight.explanation import Explanation
    from app.insight.view import Look

CHANNEL = Int(
    "channel",
    "strongest",
    help="The channel, feature or class that is asked about, counted from 0",
    words=("strongest",),
)
RANDOM = Int(
    "random",
    0,
    label="random layers",
    help="So many layers, from the last one on, get random weights first: a map that stays as it was explains nothing",
    low=0,
    high=10_000,
)


def explained_by(look: Look, channel: int | str, node: str | None = None) -> Explanation:
    """The answer that is asked about: of the named layer, else of the class scores."""
    from app.insight.explanation import explain

    one = channel if isinstance(channel, int) else None
    return explain(look.net, look.model, look.batch, node or None, one, labels=look.classes)
