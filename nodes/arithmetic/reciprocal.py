"""One divided by a value."""

from nodes.api import Built, Example, Shape, expression, layer
from nodes.api.shapes import floats


@layer(
    id="Reciprocal",
    name="Reciprocal",
    formula="out = 1 / x",
    examples=[Example(inputs=[()], output=()), Example(inputs=[(7, 5)], output=(7, 5))],
    words=["inverse", "divide", "fraction"],
)
def reciprocal(x: Shape) -> Built:
    """Divides 1 by each value. Multiply by it to divide."""
    return Built(expression("1 / {x}"), output=floats(x))
