"""A generator and its judge in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int, Switch

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import makes_of_noise

    return 3 * (bool(makes_of_noise(plan)) and any(each.shape.sizes == (2,) for each in plan.inputs))


@view(
    "Generator and judge",
    "Real points and those that the generator makes of noise, over what the judge says of each place; arrows show "
    "where the judge's gradient sends the made points.",
    Int("count", 300, help="How many points are made", low=1, high=2000),
    Int("seed", 0, help="Which noise is drawn", low=0, high=2**31 - 1),
    Switch("arrows", True, help="Shows the gradient of the judge at the made points"),
    about="net",
    group="What it makes",
    fits=_fits,
)
def pair(look: Look, count: int, seed: int, arrows: bool) -> Tiles:
    """Points over a surface."""
    from app.insight.pair_picture import pair_picture

    return pair_picture(look, count, seed, arrows)
