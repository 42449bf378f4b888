"""Which places of a layer carry an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._asking import CHANNEL, RANDOM, explained_by

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Grad-CAM",
    "Which places of the maps of a layer carry the answer: of the layer that is named, or the last convolution.",
    CHANNEL,
    RANDOM,
    about="scores",
    sample=True,
    group="Where it looks",
)
def gradcam(look: Look, channel: int | str, random: int) -> Tiles:
    """One map in the size of the sample."""
    from app.insight.anatomy import classes
    from app.insight.attribution import asked
    from app.insight.where.gradcam import gradcam as carried_by
    from app.insight.where.gradcam import last_maps

    scores = classes(look.net)
    explained = explained_by(look, channel, None if scores is not None else look.node)
    layer = look.node if look.node and look.node != explained.node else last_maps(explained)
    return asked(explained, "gradcam", lambda each: carried_by(each, layer), random=random)
