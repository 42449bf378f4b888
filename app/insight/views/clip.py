"""A clip frame by frame, and what a net says about it over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import chooses_a_class

    return 2 * (chooses_a_class(plan) and [each.shape.rank for each in plan.inputs] == [4])


@view(
    "Clip over time",
    "The frames of a clip with what the net says after each, and the classes over time.",
    PART,
    about="net",
    sample=True,
    group="Answers",
    fits=_fits,
)
def clip(look: Look, part: str) -> tuple[Tiles, ...]:
    """The frames, and a line for each of the likeliest classes."""
    from app.insight.clip import clip_pictures

    return clip_pictures(look, part)
