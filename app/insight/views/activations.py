"""What a layer answers to a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view("Activations", "What a layer answers to one sample.", sample=True, group="Layers")
def activations(look: Look) -> Tiles:
    """One map for each channel, or bars."""
    from app.insight.activations import activations as answers_of

    return answers_of(look.net, look.model, look.batch, look.node, labels=look.classes)
