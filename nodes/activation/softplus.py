"""Softplus."""

from nodes.api import Built, Curve, Example, Float, Shape, Values, curves, differing, layer, module
from nodes.api.curves import Settings, number
from nodes.api.shapes import floats


def _plotted(x: float, s: Settings) -> float:
    beta = number(s, "beta", 1.0) or 1.0
    return x if beta * x > number(s, "threshold", 20.0) else curves.softplus(x, beta)


@layer(
    id="Softplus",
    name="Softplus",
    curve=Curve([_plotted]),
    values=Values(0.0),
    backward="what comes back is multiplied by sigmoid(beta · x)",
    formula="out = log(1 + e^(β·x)) / β",
    params=[
        Float("beta", 1.0, low=0.01, high=100.0, step=0.1, help="The larger, the sharper the bend at zero."),
        Float("threshold", 20.0, low=1.0, high=1000.0, step=1.0, help="Where β·x is larger, x is given as it is."),
    ],
    examples=[
        Example(inputs=[(8,)], output=(8,)),
        Example(inputs=[(6, 28, 28)], params={"beta": 2.0}, output=(6, 28, 28)),
    ],
    words=["smooth", "rectifier", "positive"],
)
def softplus(x: Shape, *, beta: float, threshold: float) -> Built:
    """A ReLU with a round corner. Always positive, so it suits numbers that must not be negative, such as a deviation
    (Dugas et al. 2001)."""
    call = module("nn.Softplus", **differing(beta=(beta, 1.0), threshold=(threshold, 20.0)))
    return Built(call, output=floats(x))
