"""New samples that the net makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_loss, makes_of_noise

    return 3 if has_loss(plan, "GaussianKLLoss") else 2 * bool(makes_of_noise(plan))


@view(
    "New samples",
    "What a generator makes of noise, or an autoencoder of codes that are drawn; the same for a seed.",
    Int("count", 25, help="How many samples are made", low=1, high=400),
    Int("seed", 0, help="Which noise or codes are drawn", low=0, high=2**31 - 1),
    about="net",
    several=True,
    group="What it makes",
    fits=_fits,
)
def generated(look: Look, count: int, seed: int) -> Tiles:
    """A picture of each."""
    from app.insight.walk_picture import generated_picture

    return generated_picture(look, count, seed)
