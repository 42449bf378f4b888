"""Where a net says that something is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Choice, Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import compared, picture_inputs

    found = any(
        each.truth is not None and each.answer.sizes == each.truth.sizes == (4,) and each.truth.dtype == "float"
        for each in compared(plan)
    )
    return 2 * (found and bool(picture_inputs(plan)))


@view(
    "Boxes",
    "Over each picture the box that the net gives and the right one, with their overlap (IoU) and the class.",
    PART,
    Int("count", 12, help="How many pictures are shown", low=1, high=64),
    Choice("order", "as they come", options=("as they come", "worst first"), help="Which pictures are shown"),
    Choice(
        "form",
        "middle and size",
        options=("middle and size", "corner and size", "corners"),
        help="What the four numbers are: the middle or the upper left corner with width and height, or two corners",
    ),
    about="net",
    group="Answers",
    fits=_fits,
)
def boxes(look: Look, part: str, count: int, order: str, form: str) -> Tiles:
    """A picture for each sample."""
    from app.insight.boxes_picture import boxes_picture

    return boxes_picture(look.subject, part, count, order, form)
