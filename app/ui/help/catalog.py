"""Which picture explains which layer: the curve or the drawing in its file, else that of its category."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from app.ui.help import general
from app.ui.help.sheet import PaintedSheet
from nodes.api import Curve, Layer, Settings
from nodes.api.pictures import Draw
from nodes.api.registry import find

# The layer whose picture stands for a category, or a picture where there is none.
BY_CATEGORY: Mapping[str, str | Draw] = {
    "sources": general.source,
    "ports": "Input",
    "convolution": "Conv2d",
    "pooling": "MaxPool2d",
    "dense": "Linear",
    "recurrent": "RNN",
    "attention": "MultiheadAttention",
    "embedding": "Embedding",
    "activation": "ReLU",
    "normalization": "BatchNorm2d",
    "regularization": "Dropout",
    "merge": "Concat",
    "reshape": "Flatten",
    "arithmetic": "Constant",
    "augmentation": general.augmentation,
    "losses": "MSELoss",
    "block": general.block,
}


def picture_of(layer: Layer | None, category: str) -> Callable[[PaintedSheet, Settings], str]:
    """The picture of a layer; for an unknown one, or a block, that of its category."""
    if layer is not None and layer.curve is not None:
        return partial(_plotted, layer.curve)
    if layer is not None and layer.picture is not None:
        return layer.picture
    if layer is not None and layer.source is not None:
        return partial(general.source, outputs=layer.outputs[:3])
    usual = BY_CATEGORY.get(category, general.some_layer)
    return picture_of(find(usual), "") if isinstance(usual, str) else usual


def _plotted(curve: Curve, sheet: PaintedSheet, settings: Settings) -> str:
    sheet.plot(curve, settings)
    if curve.up == "loss":
        return f"The loss for each {curve.across}: the higher, the worse."
    return "What comes out for each number that goes in."
