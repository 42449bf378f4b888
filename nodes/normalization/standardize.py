"""Standardization with numbers from the training data."""

from nodes.api import Built, Choice, Example, Shape, layer, module
from nodes.api.shapes import floats


@layer(
    id="Standardize",
    name="Standardize",
    picture="standardize",
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
