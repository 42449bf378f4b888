"""Maxout."""

from collections.abc import Sequence

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, Switch, differing, layer, module
from nodes.api.pictures import words_of
from nodes.api.saves import Saves, bytes_of
from nodes.api.shapes import flat


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for piece in range(3):
        y = 20 + 30 * piece
        sheet.box(70, y - 10, 50, 20, 0.2 + 0.25 * piece)
        sheet.text(95, y, "x · w", on=0.2 + 0.25 * piece)
        sheet.arrow((34, 50), (66, y))
        sheet.arrow((122, y), (152, 50))
    sheet.disc(26, 50, 8)
    sheet.text(157, 50, "largest", "ink", bold=True, side="right")
    return f"{words_of(settings, 'pieces', 3)} weighted sums are made for each output; the largest one is taken."


def _sums(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """The sums that compete, and which of them are largest."""
    pieces: int = settings["pieces"]
    return bytes_of(left) * pieces


@layer(
    id="Maxout",
    name="Maxout",
    picture=_drawn,
    saves=Saves(inputs=True, output=True, extra=_sums),
    values=RAW,
    learns="weights",
    formula="out[o] = max over the pieces p of x · weight[o, p] + bias[o, p]",
    params=[
        Int("out_features", 10, low=1, high=65_536, label="outputs", card=True, help="How many numbers to give."),
        Int("pieces", 2, low=1, high=256, card=True, help="How many sums compete for each output."),
        Switch("bias", True, help="Adds one learned number to each sum."),
    ],
    examples=[
        Example(inputs=[(120,)], params={"out_features": 84}, output=(84,)),
        Example(inputs=[(7, 16)], params={"out_features": 4, "pieces": 3, "bias": False}, output=(7, 4)),
    ],
    words=["dense", "activation", "competition"],
)
def maxout(x: Shape, *, out_features: int, pieces: int, bias: bool) -> Built:
    """Forms several weighted sums for each output and keeps the largest, so that the layer learns its own activation
    out of straight pieces (Goodfellow et al. 2013)."""
    features = flat(x)
    sums = out_features * pieces
    weights: dict[str, tuple[int, ...]] = {"linear.weight": (sums, features)}
    if bias:
        weights["linear.bias"] = (sums,)
    return Built(
        module("modules.Maxout", features, out_features, **differing(pieces=(pieces, 2), bias=(bias, True))),
        output=(*x.sizes[:-1], out_features),
        weights=weights,
        multiply_adds=x.values * sums,
    )
