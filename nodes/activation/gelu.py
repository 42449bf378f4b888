"""GELU."""

from nodes.api import Built, Choice, Example, Shape, differing, layer, module
from nodes.api.shapes import floats


@layer(
    id="GELU",
    name="GELU",
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
