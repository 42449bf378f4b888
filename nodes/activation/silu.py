"""SiLU."""

from nodes.api import Built, Curve, Example, Shape, Values, layer, module
from nodes.api.curves import sigmoid
from nodes.api.shapes import floats


@layer(
    id="SiLU",
    name="SiLU",
    curve=Curve([lambda x, s: x * sigmoid(x)], -6, 4),
    values=Values(-0.2785),  # the lowest point of the curve
    formula="out = x / (1 + e⁻ˣ)",
    examples=[Example(inputs=[(8,)], output=(8,)), Example(inputs=[(6, 28, 28)], output=(6, 28, 28))],
    words=["swish", "sigmoid", "efficientnet"],
)
def silu(x: Shape) -> Built:
    """Each number times its own sigmoid: a smooth ReLU with a small dip below zero. Also called Swish
    (Elfwing et al. 2018)."""
    return Built(module("nn.SiLU"), output=floats(x))
