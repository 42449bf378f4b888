"""What a net answers to every row of zeros and ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    return 2 * (not plan.losses and 1 <= sum(each.shape.values for each in plan.inputs) <= 4)


@view(
    "Truth table",
    "What a net that reads up to four numbers answers to every row of zeros and ones; for two of them, its line.",
    about="net",
    group="Answers",
    fits=_fits,
)
def truth(look: Look) -> tuple[Tiles, ...]:
    """Bars for each output, and for two inputs the plane around the corners."""
    from app.insight.truth import truth_tiles

    return truth_tiles(look.net, look.model)
