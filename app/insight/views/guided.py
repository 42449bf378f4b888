"""What excites an answer, seen through its ReLUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._asking import CHANNEL, RANDOM, explained_by

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Guided backpropagation",
    "The gradient with every ReLU holding back what weakens the answer.",
    CHANNEL,
    RANDOM,
    about="scores",
    sample=True,
    group="Where it looks",
)
def guided(look: Look, channel: int | str, random: int) -> Tiles:
    """One map in the size of the sample."""
    from app.insight.attribution import asked

    return asked(explained_by(look, channel, look.node), "guided", random=random)
