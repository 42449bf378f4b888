"""The natural logarithm."""

import math

from nodes.api import Built, Curve, Example, Settings, Shape, Values, expression, layer
from nodes.api.shapes import floats


def _logarithms(settings: Settings, x: Values) -> Values | None:
    if x.low < 0 or x.high > 1:
        return None  # of sums that may have been divided by their total nobody knows
    return Values(high=math.log(x.high) if x.high > 0 else 0.0, kind="log_softmax")


@layer(
    id="Log",
    name="Logarithm",
    curve=Curve([lambda x, s: math.log(x) if x > 0 else math.nan], 0, 5),
    values=_logarithms,
    backward="what comes back is divided by x",
    formula="out = ln x",
    examples=[Example(inputs=[()], output=()), Example(inputs=[(7, 5)], output=(7, 5))],
    words=["ln"],
)
def log(x: Shape) -> Built:
    """The natural logarithm of each value; the inverse of the exponential. For numbers above 0 only: 0 gives −∞, and a
    negative value gives no number."""
    return Built(expression("torch.log({x})"), output=floats(x))
