"""The numbers that a net says against the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Choice, Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import compared

    found = any(
        each.answer.sizes == (1,) and each.truth is not None and each.truth.dtype == "float" for each in compared(plan)
    )
    return int(found)


@view(
    "Predicted and true",
    "Of a net that says a number: what it says against what is true, its error beside that of always saying the mean, "
    "and some pictures with both numbers.",
    PART,
    Int("number", 0, help="Which of several numbers that the net says, counted from 0", low=0, high=10_000),
    Int("count", 8, help="How many pictures are shown", low=1, high=64),
    Choice("order", "worst first", options=("worst first", "as they come"), help="Which pictures are shown"),
    about="net",
    group="Answers",
    fits=_fits,
)
def predicted(look: Look, part: str, number: int, count: int, order: str) -> tuple[Tiles, ...]:
    """A plot, and a picture for each of some samples."""
    from app.insight.predicted_picture import predicted_tiles

    return predicted_tiles(look.subject, part, number, count, order)
