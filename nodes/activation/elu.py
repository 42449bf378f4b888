"""ELU."""

import math

from nodes.api import Built, Curve, Example, Float, Shape, Values, differing, layer, module
from nodes.api.curves import number
from nodes.api.shapes import floats


@layer(
    id="ELU",
    name="ELU",
    curve=Curve([lambda x, s: x if x > 0 else number(s, "alpha", 1.0) * math.expm1(x)]),
    values=lambda s: Values(-abs(s["alpha"])),
    backward="where the input was above 0, what comes back goes on unchanged; elsewhere it is "
    "multiplied by out + alpha",
    formula="out = x if x > 0, else α · (eˣ − 1)",
    params=[
        Float("alpha", 1.0, low=0.0, high=100.0, step=0.1, help="Very negative numbers become minus this."),
    ],
    examples=[
        Example(inputs=[(8,)], output=(8,)),
        Example(inputs=[(6, 28, 28)], params={"alpha": 0.5}, output=(6, 28, 28)),
    ],
    words=["exponential", "rectifier"],
)
def elu(x: Shape, *, alpha: float) -> Built:
    """Keeps positive numbers and bends negative ones smoothly towards −α, so that the mean stays near zero
    (Clevert et al. 2016)."""
    return Built(module("nn.ELU", **differing(alpha=(alpha, 1.0))), output=floats(x))
