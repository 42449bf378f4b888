"""How far back recurrent nets remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Memory of recurrent nets",
    "How much each net still tells of a number from so many steps back, and how the gradient fades on its way there.",
    PART,
    about="net",
    group="How it learns",
)
def memory_curve(look: Look, part: str) -> tuple[Tiles, ...]:
    """Two pictures of curves, one for each loss."""
    from app.insight.recall import recall_pictures, recalled

    return recall_pictures(recalled(look.subject, part), part)
