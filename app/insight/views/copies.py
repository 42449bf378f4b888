"""What the net makes of a picture, beside what it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int, Switch

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import copies_a_picture

    return 2 * copies_a_picture(plan)


@view(
    "Copies",
    "What goes in, the picture that the net gives, and the one that the loss asks for, for some samples.",
    Int("count", 6, help="How many samples are shown", low=1, high=32),
    Switch("difference", True, help="Shows how far the answer is from the truth, too"),
    about="net",
    several=True,
    group="What it makes",
    fits=_fits,
)
def copies(look: Look, count: int, difference: bool) -> Tiles:
    """A row for each sample."""
    from app.insight.copies_picture import copies_picture

    return copies_picture(look, count, difference)
