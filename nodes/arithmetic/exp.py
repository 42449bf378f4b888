"""The exponential function."""

import math

from nodes.api import Built, Curve, Example, Settings, Shape, Values, expression, layer
from nodes.api.saves import OUTPUT
from nodes.api.shapes import floats


def _powers(settings: Settings, x: Values) -> Values:
    low, high = (math.exp(value) if value < 700 else math.inf for value in (x.low, x.high))
    return Values(low, high, "softmax" if x.kind == "log_softmax" else "")


@layer(
    id="Exp",
    name="Exponential",
    curve=Curve([lambda x, s: math.exp(x)], -3, 2),
    saves=OUTPUT,
    values=_powers,
    backward="what comes back is multiplied by exp(x), which is the output itself",
    formula="out = eˣ",
    examples=[Example(inputs=[()], output=()), Example(inputs=[(7, 5)], output=(7, 5))],
    words=["e"],
)
def exp(x: Shape) -> Built:
    """Raises e ≈ 2.718 to the power of each value. Its slope is its own value."""
    return Built(expression("torch.exp({x})"), output=floats(x))
