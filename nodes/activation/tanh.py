"""Tanh."""

from nodes.api import Built, Example, Shape, layer, module
from nodes.api.shapes import floats


@layer(
    id="Tanh",
    name="Tanh",
    formula="out = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(6, 28, 28)], output=(6, 28, 28))],
    words=["hyperbolic tangent"],
)
def tanh(x: Shape) -> Built:
    """Squeezes every number into the range from −1 to 1."""
    return Built(module("nn.Tanh"), output=floats(x))
