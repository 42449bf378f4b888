"""What a net of one or two inputs answers everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    return 2 * (bool(plan.losses) and [each.shape.sizes for each in plan.inputs] in ([(2,)], [(1,)]))


@view(
    "Surface",
    "For two inputs the decision surface of the output, or inside each unit of the layer that is named; for one input "
    "the fit.",
    Choice("part", "train", options=("train", "validation", "test"), help="The samples that are drawn in as points"),
    about="scores",
    group="Space",
    fits=_fits,
)
def surface(look: Look, part: str) -> tuple[Tiles, ...]:
    """One surface of the output, a small one of each unit, or curves."""
    from app.insight.space.surface import surface_of

    return surface_of(look.subject, look.node, part)
