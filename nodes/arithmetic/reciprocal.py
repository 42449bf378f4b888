"""One divided by a value."""

import math

from nodes.api import Built, Curve, Example, Shape, expression, layer
from nodes.api.saves import Saves, mask
from nodes.api.shapes import floats


@layer(
    id="Reciprocal",
    name="Reciprocal",
    curve=Curve([lambda x, s: 1 / x if abs(x) > 0.19 else math.nan], -3, 3),
    saves=Saves(output=True, extra=mask),
    backward="what comes back is multiplied by −1 / x²",
    formula="out = 1 / x",
    examples=[Example(inputs=[()], output=()), Example(inputs=[(7, 5)], output=(7, 5))],
    words=["inverse", "divide", "fraction"],
)
def reciprocal(x: Shape) -> Built:
    """Divides 1 by each value. Multiply by it to divide."""
    return Built(expression("1 / {x}"), output=floats(x))
