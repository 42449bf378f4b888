"""Standardization with numbers from the training data."""

import itertools
import math

from nodes.api import Built, Choice, Example, Settings, Shape, Sheet, Values, layer, module
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
    _bell(sheet, 74, 9, 12, 98, 78)
    sheet.arrow((106, 50), (132, 50), "accent")
    _bell(sheet, 184, 16, 140, 228, 78)
    sheet.text(55, 90, "any mean")
    sheet.text(184, 90, "mean 0, deviation 1")
    return "The values are shifted and stretched, so that their mean is 0 and their deviation 1."


@layer(
    id="Standardize",
    name="Standardize",
    picture=_drawn,
    saves=NOTHING,
    values=Values(kind="centred"),
    formula="out = (x − mean) / std, both from the training data",
    params=[
        Choice(
            "statistics",
            "each channel",
            options=("each channel", "each value", "all together"),
            label="measured for",
            help="What gets a mean and a deviation of its own: each channel or feature, each value, or all together.",
        ),
    ],
    examples=[
        Example(inputs=[(3, 32, 32)], output=(3, 32, 32)),
        Example(inputs=[(1, 8, 8)], params={"statistics": "each value"}, output=(1, 8, 8)),
        Example(inputs=[(30, 4)], output=(30, 4)),
        Example(inputs=[(13,)], output=(13,)),
        Example(inputs=[(13,)], params={"statistics": "all together"}, output=(13,)),
    ],
    words=["normalize", "scale", "z-score", "whitening", "mean", "deviation"],
)
def standardize(x: Shape, *, statistics: str) -> Built:
    """Shifts and scales what arrives to mean 0 and deviation 1. Both are measured on the training data before the
    first step and stored with the weights, so that new data is treated the same."""
    sizes = floats(x).sizes
    if statistics == "all together" or not sizes:
        kept: tuple[int, ...] = (1,) * x.rank
    elif statistics == "each value":
        kept = sizes
    elif x.rank == 2:
        kept = (1, sizes[1])
    else:
        kept = (sizes[0], *(1 for _ in sizes[1:]))
    return Built(module("modules.Standardize", kept), output=x, multiply_adds=x.values)
