"""Which picture explains which layer: the curve or the drawing in its file, else that of its category. Pictures of what
stands in no layer file (a category without one, a block, anything else) are drawn here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from app.ui.help.sheet import PaintedSheet
from nodes.api import Curve, Layer, Settings, Sheet
from nodes.api.pictures import Draw
from nodes.api.registry import find


def source(sheet: Sheet, settings: Settings, outputs: Sequence[str] = ("image", "label")) -> str:
    pixels = ("01110", "10001", "00110", "10001", "01110") if "image" in outputs else ("10010", "00100") * 3
    for depth in (2, 1, 0):
        sheet.box(40 + 6 * depth, 24 - 6 * depth, 62, 62, "paper")
    sheet.grid(46, 30, 5, 5, 10, lambda row, column: "family" if pixels[row][column] == "1" else None)
    first = 52 - 18 * (len(outputs) - 1)
    for number, name in enumerate(outputs):
        y = first + 36 * number
        sheet.arrow((120, 52 + (y - 52) * 5 / 9), (152, y), "accent")
        sheet.text(156, y, "label 3" if name == "label" and "image" in outputs else name, "ink", side="right")
    if "label" not in outputs:
        return "Samples; a batch of them flows through the drawing at each step."
    return "Samples with what is to be learned about them; a batch of them flows through the drawing at each step."


def augmentation(sheet: Sheet, settings: Settings) -> str:
    mark = {(row, 0): "family" for row in range(4)} | {(3, 1): "family", (3, 2): "family"}
    sheet.grid(36, 18, 4, 4, 16, mark)
    sheet.grid(140, 18, 4, 4, 16, {(row, 3 - column): color for (row, column), color in mark.items()})
    sheet.arrow((106, 50), (134, 50), "accent")
    return "While training, samples are changed a little at random, so that there seem to be more of them."


def block(sheet: Sheet, settings: Settings) -> str:
    sheet.box(40, 12, 160, 76, None, "family")
    for place in range(3):
        x = 54 + 50 * place
        sheet.box(x, 38, 32, 24, "pale", "family")
        if place < 2:
            sheet.arrow((x + 33, 50), (x + 48, 50))
    sheet.arrow((14, 50), (52, 50))
    sheet.arrow((187, 50), (226, 50))
    return "A drawing of its own, used here as one layer."


def some_layer(sheet: Sheet, settings: Settings) -> str:
    sheet.arrow((24, 50), (76, 50))
    sheet.box(80, 26, 80, 48, "pale", "family")
    sheet.text(120, 50, "f(x)", "ink", bold=True)
    sheet.arrow((162, 50), (214, 50))
    return "Values enter at the left, the result leaves at the right."


# The layer whose picture stands for a category, or a picture where there is none.
BY_CATEGORY: Mapping[str, str | Draw] = {
    "sources": source,
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
    "augmentation": augmentation,
    "losses": "MSELoss",
    "block": block,
}


def picture_of(layer: Layer | None, category: str) -> Callable[[PaintedSheet, Settings], str]:
    """The picture of a layer; for an unknown one, or a block, that of its category."""
    if layer is not None and layer.curve is not None:
        return partial(_plotted, layer.curve)
    if layer is not None and layer.picture is not None:
        return layer.picture
    if layer is not None and layer.source is not None:
        return partial(source, outputs=layer.outputs[:3])
    usual = BY_CATEGORY.get(category, some_layer)
    return picture_of(find(usual), "") if isinstance(usual, str) else usual


def _plotted(curve: Curve, sheet: PaintedSheet, settings: Settings) -> str:
    sheet.plot(curve, settings)
    if curve.up == "loss":
        return f"The loss for each {curve.across}: the higher, the worse."
    return "What comes out for each number that goes in."
