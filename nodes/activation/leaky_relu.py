"""Leaky ReLU."""

from nodes.api import RAW, Built, Curve, Example, Float, Shape, differing, layer, module
from nodes.api.curves import number
from nodes.api.shapes import floats


@layer(
    id="LeakyReLU",
    name="Leaky ReLU",
    curve=Curve([lambda x, s: x if x > 0 else number(s, "negative_slope", 0.01) * x]),
    values=RAW,
    backward="where the input was above 0, what comes back goes on unchanged; elsewhere it is multiplied by the slope",
    formula="out = x if x > 0, else slope · x",
    params=[
        Float("negative_slope", 0.01, low=0.0, high=1.0, step=0.01, label="slope", card=True, help="Slope below zero.")
    ],
    examples=[Example(inputs=[(8,)], output=(8,))],
    words=["rectifier"],
)
def leaky_relu(x: Shape, *, negative_slope: float) -> Built:
    """Like ReLU, but lets a little of the negative numbers through, so that no unit goes silent for good."""
    return Built(module("nn.LeakyReLU", **differing(negative_slope=(negative_slope, 0.01))), output=floats(x))
