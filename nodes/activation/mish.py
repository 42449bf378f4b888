"""Mish."""

import math

from nodes.api import Built, Curve, Example, Shape, Values, layer, module
from nodes.api.shapes import floats


@layer(
    id="Mish",
    name="Mish",
    curve=Curve([lambda x, s: x * math.tanh(math.log1p(math.exp(x)))], -6, 4),
    values=Values(-0.30885),  # the lowest point of the curve
    formula="out = x · tanh(ln(1 + eˣ))",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(6, 28, 28)], output=(6, 28, 28))],
    words=["softplus", "smooth", "yolo"],
)
def mish(x: Shape) -> Built:
    """A smooth ReLU with a small dip below zero, close to SiLU; detectors such as YOLO 4 use it (Misra 2019)."""
    return Built(module("nn.Mish"), output=floats(x))
