"""Which class each dot of a picture is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Float, Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Masks",
    "The picture, and over it the class that the net gives each dot, beside the right ones.",
    Int("count", 5, help="How many samples are shown", low=1, high=32),
    Float("strength", 0.6, help="How strongly the colours cover the picture", low=0.0, high=1.0, step=0.1),
    about="net",
    several=True,
    group="Answers",
)
def masks(look: Look, count: int, strength: float) -> Tiles:
    """A row for each sample."""
    from app.insight.masks_picture import masks_picture

    return masks_picture(look, count, strength)
