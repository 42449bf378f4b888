"""Which places of a sample an answer depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._asking import CHANNEL, RANDOM, explained_by
from nodes.api.params import Choice

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Attribution",
    "Which places of a sample speak for or against an answer: of the class scores, or of the layer that is named.",
    Choice(
        "method",
        "integrated",
        help="Integrated gradients share out what the answer gained on the way from a black picture; saliency is the "
        "size of the gradient; the others have views of their own; together shows the quick ones side by side",
        options=(
            "integrated",
            "saliency",
            "smoothgrad",
            "guided",
            "deconv",
            "gradcam",
            "occlusion",
            "lime",
            "together",
        ),
    ),
    CHANNEL,
    RANDOM,
    about="scores",
    sample=True,
    imports=("captum.attr",),
    group="Where it looks",
)
def attribution(look: Look, method: str, channel: int | str, random: int) -> Tiles | tuple[Tiles, ...]:
    """One map in the size of the sample, or several."""
    from app.insight.attribution import asked, side_by_side

    explained = explained_by(look, channel, look.node)
    return side_by_side(explained, random=random) if method == "together" else asked(explained, method, random=random)
