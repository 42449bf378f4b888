"""An answer led back through the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._asking import CHANNEL, RANDOM, explained_by

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Deconvolution",
    "The layers backwards: maxima are put back to where they came from, and ReLU works on the way back.",
    CHANNEL,
    RANDOM,
    about="scores",
    sample=True,
    group="Where it looks",
)
def deconv(look: Look, channel: int | str, random: int) -> Tiles:
    """One map in the size of the sample."""
    from app.insight.attribution import asked

    return asked(explained_by(look, channel, look.node), "deconv", random=random)
