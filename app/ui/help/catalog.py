"""Which picture explains which layer: the curve or the drawing that its file names, else that of its category."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from app.ui.help import flows, images
from app.ui.help.sheet import Sheet
from nodes.api import Curve, Layer
from nodes.api.curves import Settings
from nodes.api.registry import find

Draw = Callable[[Sheet, Settings], str]  # paints, and gives the sentence that says what is seen

BY_CATEGORY: Mapping[str, Draw] = {
    "sources": flows.source,
    "ports": flows.way_in,
    "convolution": images.convolution,
    "pooling": images.max_pool,
    "dense": flows.linear,
    "recurrent": flows.rnn,
    "attention": flows.attention,
    "embedding": flows.embedding,
    "normalization": flows.batch_norm,
    "regularization": flows.dropout,
    "merge": flows.concat,
    "reshape": images.flatten,
    "arithmetic": flows.number,
    "augmentation": flows.augmentation,
    "block": flows.block,
}


# Whose curve stands for a category.
_USUAL = {"activation": "ReLU", "losses": "MSELoss"}


def picture_of(layer: Layer | None, category: str) -> Draw:
    """The picture of a layer; for an unknown one, or a block, that of its category.

    Raises:
        AttributeError: if a layer names a drawing that is not there.
    """
    if layer is not None and layer.curve is not None:
        return partial(_plotted, layer.curve)
    if layer is not None and layer.picture:
        found: Draw = getattr(flows if hasattr(flows, layer.picture) else images, layer.picture)
        return found
    if layer is not None and layer.source is not None:
        return partial(flows.source, outputs=layer.outputs[:3])
    usual = find(_USUAL.get(category, ""))
    if usual is not None and usual.curve is not None:
        return partial(_plotted, usual.curve)
    return BY_CATEGORY.get(category, flows.some_layer)


def _plotted(curve: Curve, sheet: Sheet, settings: Settings) -> str:
    sheet.plot(curve, settings)
    if curve.up == "loss":
        return f"The loss for each {curve.across}: the higher, the worse."
    return "What comes out for each number that goes in."
