"""Which places of a sample an answer depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice, Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Attribution",
    "Which places of a sample speak for or against an answer: of the class scores, or of the layer that is named.",
    Choice(
        "method",
        "integrated",
        help="Integrated gradients share out what the answer gained on the way from a black picture; saliency is the "
        "size of the gradient",
        options=("integrated", "saliency"),
    ),
    Int(
        "channel",
        "strongest",
        help="The channel, feature or class that is asked about, counted from 0",
        words=("strongest",),
    ),
    about="scores",
    sample=True,
    imports=("captum.attr",),
)
def attribution(look: Look, method: str, channel: int | str) -> Tiles:
    """One map in the size of the sample."""
    from app.insight.attribution import attribution as places_of

    return places_of(
        look.net,
        look.model,
        look.batch,
        look.node or None,
        channel if isinstance(channel, int) else None,
        method=method,  # type: ignore[arg-type]
        labels=look.classes,
    )
