"""Where an answer is sensitive, without the noise of single pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._asking import CHANNEL, RANDOM, explained_by
from nodes.api.params import Float, Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "SmoothGrad",
    "The mean gradient over copies of the sample with noise.",
    CHANNEL,
    Int("samples", 32, help="How many copies", low=1, high=1000),
    Float(
        "noise",
        0.15,
        help="Deviation of the noise, as a share of the range of the picture",
        low=0.0,
        high=2.0,
        step=0.05,
    ),
    Int("seed", 0, help="The same seed draws the same noise", low=0, high=2**31 - 1),
    RANDOM,
    about="scores",
    sample=True,
    group="Where it looks",
)
def smoothgrad(look: Look, channel: int | str, samples: int, noise: float, seed: int, random: int) -> Tiles:
    """One map in the size of the sample."""
    from app.insight.attribution import asked
    from app.insight.where.gradients import smoothgrad as mean_gradient

    explained = explained_by(look, channel, look.node)
    return asked(explained, "smoothgrad", lambda each: mean_gradient(each, samples, noise, seed), random=random)
