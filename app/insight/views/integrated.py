"""What an answer gained on the way from a black picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._asking import CHANNEL, RANDOM, explained_by
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Integrated gradients",
    "What each place adds to the answer on the way from a black picture to this one; the parts add up to the whole.",
    CHANNEL,
    Int("steps", 64, help="Points on the way", low=2, high=2000),
    RANDOM,
    about="scores",
    sample=True,
    imports=("captum.attr",),
    group="Where it looks",
)
def integrated(look: Look, channel: int | str, steps: int, random: int) -> Tiles:
    """One map in the size of the sample."""
    from app.insight.attribution import asked
    from app.insight.where.gradients import integrated as parts_of

    return asked(
        explained_by(look, channel, look.node), "integrated", lambda each: parts_of(each, steps), random=random
    )
