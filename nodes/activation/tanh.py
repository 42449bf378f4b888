"""Tanh."""

import math

from nodes.api import Built, Curve, Example, Shape, Values, layer, module
from nodes.api.saves import OUTPUT
from nodes.api.shapes import floats


@layer(
    id="Tanh",
    name="Tanh",
    saves=OUTPUT,
    values=Values(-1.0, 1.0),
    followed_by=["Linear", "Conv2d", "Conv1d", "Conv3d", "MaxPool2d", "MaxPool1d", "MaxPool3d", "AvgPool2d", "Output"],
    curve=Curve([lambda x, s: math.tanh(x)]),
    backward="what comes back is multiplied by 1 − out²",
    formula="out = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(6, 28, 28)], output=(6, 28, 28))],
    words=["hyperbolic tangent"],
)
def tanh(x: Shape) -> Built:
    """Squeezes every number into the range from −1 to 1."""
    return Built(module("nn.Tanh"), output=floats(x))
