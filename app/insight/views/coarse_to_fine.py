"""New samples that are made in stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import makes_of_noise

    return 3 * (makes_of_noise(plan) > 1)


@view(
    "Coarse to fine",
    "New samples of a generator with several stages: each row shows one from its coarse picture to the last details.",
    Int("count", 6, help="How many samples are made", low=1, high=50),
    Int("seed", 0, help="Which noise is drawn", low=0, high=2**31 - 1),
    about="net",
    group="What it makes",
    fits=_fits,
)
def coarse_to_fine(look: Look, count: int, seed: int) -> Tiles:
    """A row of pictures for each sample."""
    from app.insight.stages_picture import stages_picture

    return stages_picture(look, count, seed)
