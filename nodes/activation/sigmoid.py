"""Sigmoid."""

from nodes.api import Built, Curve, Example, Shape, Values, curves, layer, module
from nodes.api.saves import OUTPUT
from nodes.api.shapes import floats


@layer(
    id="Sigmoid",
    name="Sigmoid",
    saves=OUTPUT,
    values=Values(0.0, 1.0, "sigmoid"),
    followed_by=["BCELoss", "MSELoss", "Linear", "Output", "Multiply"],
    curve=Curve([lambda x, s: curves.sigmoid(x)], -6, 6),
    backward="what comes back is multiplied by out · (1 − out)",
    formula="out = 1 / (1 + e⁻ˣ)",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(6, 28, 28)], output=(6, 28, 28))],
    words=["logistic"],
)
def sigmoid(x: Shape) -> Built:
    """Squeezes every number into the range from 0 to 1. Useful as a probability or a gate."""
    return Built(module("nn.Sigmoid"), output=floats(x))
