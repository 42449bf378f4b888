"""Gated linear unit."""

from nodes.api import Built, Example, InsertBefore, Settings, Shape, ShapeError, Sheet, differing, layer, module
from nodes.api.shapes import describe, floats


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(30, 12, 1, 4, 18, lambda row, column: 0.3 + 0.2 * column)
    sheet.grid(30, 66, 1, 4, 18, "pale")
    sheet.arrow((106, 24), (150, 42), "accent")
    sheet.arrow((106, 74), (150, 56), "accent")
    sheet.text(126, 84, "sigmoid", "ink")
    sheet.grid(158, 40, 1, 4, 18, lambda row, column: 0.15 + 0.1 * column)
    return "One half of the features goes through as far as the other half opens the gate."


@layer(
    id="GLU",
    name="GLU",
    picture=_drawn,
    formula="out = a / (1 + e⁻ᵇ), where a is the first half of the features and b the second",
    examples=[
        Example(inputs=[(8,)], output=(4,)),
        Example(inputs=[(9, 16)], output=(9, 8)),
        Example(inputs=[(6, 5, 7)], output=(3, 5, 7)),
    ],
    words=["gate", "gated unit", "wavenet", "language model"],
)
def glu(x: Shape) -> Built:
    """Halves the features (of an image its channels): the second half decides through a sigmoid how much of the first
    goes on (Dauphin et al. 2016)."""
    if not floats(x).rank:
        raise ShapeError(
            "GLU halves a list of features, but one number arrives. Wire it to a list, a sequence or an image."
        )
    axis = 0 if x.rank > 2 else x.rank - 1
    count = x.sizes[axis]
    if count % 2:
        what = "channels" if x.rank > 2 else "features"
        even = ("out_channels" if x.rank > 2 else "out_features", count + 1)
        kind = {1: "Linear", 2: "Linear", 3: "Conv2d"}.get(x.rank)
        params = (even, ("kernel_size", (1, 1))) if kind == "Conv2d" else (even,)
        raise ShapeError(
            f"GLU needs an even number of {what}, one half for the values and one for their gates, but "
            f"{describe(x)} arrives, which has {count}.",
            fixes=[InsertBefore(kind, "x", params)] if kind else [],
        )
    sizes = tuple(size // 2 if place == axis else size for place, size in enumerate(x.sizes))
    return Built(module("nn.GLU", **differing(dim=(1 if x.rank > 2 else -1, -1))), output=sizes)
