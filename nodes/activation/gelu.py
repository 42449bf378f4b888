"""GELU."""

import math

from nodes.api import Built, Choice, Curve, Example, Shape, Values, differing, layer, module
from nodes.api.curves import Settings
from nodes.api.shapes import floats


def _plotted(x: float, s: Settings) -> float:
    if s.get("approximate") == "tanh":
        return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))


@layer(
    id="GELU",
    name="GELU",
    curve=Curve([_plotted]),
    values=Values(-0.1701),  # the lowest point of the curve, that of the approximation by tanh
    formula="out = x · Φ(x), where Φ(x) is the share of a normal distribution below x",
    params=[
        Choice(
            "approximate",
            "none",
            options=("none", "tanh"),
            help="The exact curve, or the faster one with tanh that GPT-2 used.",
        ),
    ],
    examples=[
        Example(inputs=[(8,)], output=(8,)),
        Example(inputs=[(9, 16)], params={"approximate": "tanh"}, output=(9, 16)),
    ],
    words=["gaussian", "transformer", "bert", "gpt"],
)
def gelu(x: Shape, *, approximate: str) -> Built:
    """A smooth ReLU that lets numbers just below zero through a little. The usual activation of transformers
    (Hendrycks and Gimpel 2016)."""
    return Built(module("nn.GELU", **differing(approximate=(approximate, "none"))), output=floats(x))
