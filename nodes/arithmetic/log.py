"""The natural logarithm."""

import math

from nodes.api import Built, Curve, Example, Shape, expression, layer
from nodes.api.shapes import floats


@layer(
    id="Log",
    name="Logarithm",
    curve=Curve([lambda x, s: math.log(x) if x > 0 else math.nan], 0, 5),
    formula="out = ln x",
    examples=[Example(inputs=[()], output=()), Example(inputs=[(7, 5)], output=(7, 5))],
    words=["ln"],
)
def log(x: Shape) -> Built:
    """The natural logarithm of each value; the inverse of the exponential. For numbers above 0 only: 0 gives −∞, and a
    negative value gives no number."""
    return Built(expression("torch.log({x})"), output=floats(x))
