"""Where an answer is sensitive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._asking import CHANNEL, RANDOM, explained_by

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Saliency",
    "How much the answer changes when a place of the sample changes a little.",
    CHANNEL,
    RANDOM,
    about="scores",
    sample=True,
    group="Where it looks",
)
def saliency(look: Look, channel: int | str, random: int) -> Tiles:
    """One map in the size of the sample."""
    from app.insight.attribution import asked

    return asked(explained_by(look, channel, look.node), "saliency", random=random)
