"""The way back from standardized numbers to the unit of the answers."""

import itertools
import math

from nodes.api import Built, Example, Settings, Shape, Sheet, layer, module
from nodes.api.saves import NOTHING
from nodes.api.shapes import floats


def _bell(sheet: Sheet, middle: float, width: float, left: float, right: float, base: float) -> None:
    points = [
        (x, base - 52 * math.exp(-(((x - middle) / width) ** 2) / 2)) for x in range(int(left), int(right) + 1, 2)
    ]
    for start, end in itertools.pairwise(points):
        sheet.segment(start, end, "family", 2.0)
    sheet.segment((left, base), (right, base), "soft", 0.9)
    sheet.segment((middle, base + 3), (middle, base - 56), "accent", 1.0)


def _drawn(sheet: Sheet, settings: Settings) -> str:
    _bell(sheet, 55, 16, 12, 98, 78)
    sheet.arrow((106, 50), (132, 50), "accent")
    _bell(sheet, 204, 9, 140, 228, 78)
    sheet.text(55, 90, "mean 0, deviation 1")
    sheet.text(184, 90, "as the answers")
    return "Numbers of mean 0 and deviation 1 become numbers in the unit of the answers."


@layer(
    id="Unstandardize",
    name="Unstandardize",
    picture=_drawn,
    saves=NOTHING,
    formula="out = x · std + mean, both of the answers in the training data",
    params=[],
    examples=[
        Example(inputs=[(1,)], output=(1,)),
        Example(inputs=[(3,)], output=(3,)),
        Example(inputs=[()], output=()),
        Example(inputs=[(12, 2)], output=(12, 2)),
    ],
    words=["denormalize", "rescale", "scale", "regression", "price", "unit", "mean", "deviation", "target"],
)
def unstandardize(x: Shape) -> Built:
    """Stands last in a net that says a number, such as a price: the layers before it give numbers near 0, and this one
    makes of them numbers in the unit of the answers. Mean and deviation of the answers are measured on the training
    data before the first step and stored with the weights."""
    sizes = floats(x).sizes
    if x.rank <= 1:
        kept = sizes
    elif x.rank == 2:
        kept = (1, sizes[1])
    else:
        kept = (sizes[0], *(1 for _ in sizes[1:]))
    return Built(module("modules.Unstandardize", kept), output=x, multiply_adds=x.values)
