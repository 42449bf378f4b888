"""Which way the values of a layer would have to go for the loss to fall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Gradients",
    "The gradient of the loss by what a layer answers to one sample.",
    sample=True,
    group="How it learns",
)
def gradients(look: Look) -> Tiles:
    """One map for each channel, or bars, with zero in the middle of the scale."""
    from app.insight.gradients import gradient

    return gradient(look.net, look.model, look.batch, look.node, labels=look.classes)
