"""Which class each dot of a picture is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Float, Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import compared, picture_inputs

    found = any(each.answer.rank == 3 and each.truth is not None and each.truth.rank == 2 for each in compared(plan))
    return 2 * (found and bool(picture_inputs(plan)))


@view(
    "Masks",
    "The picture, and over it the class that the net gives each dot, beside the right ones.",
    Int("count", 5, help="How many samples are shown", low=1, high=32),
    Float("strength", 0.6, help="How strongly the colours cover the picture", low=0.0, high=1.0, step=0.1),
    about="net",
    several=True,
    group="Answers",
    fits=_fits,
)
def masks(look: Look, count: int, strength: float) -> Tiles:
    """A row for each sample."""
    from app.insight.masks_picture import masks_picture

    return masks_picture(look, count, strength)
