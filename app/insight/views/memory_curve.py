"""How far back recurrent nets remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    return 2 * any({"back", "input"} <= each.fields.keys() for each in plan.sources)


@view(
    "Memory of recurrent nets",
    "How much each net still tells of a number from so many steps back, and how the gradient fades on its way there.",
    PART,
    about="net",
    group="How it learns",
    fits=_fits,
)
def memory_curve(look: Look, part: str) -> tuple[Tiles, ...]:
    """Two pictures of curves, one for each loss."""
    from app.insight.recall import recall_pictures, recalled

    return recall_pictures(recalled(look.subject, part), part)
