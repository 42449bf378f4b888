"""The natural logarithm."""

from nodes.api import Built, Example, Shape, expression, layer
from nodes.api.shapes import floats


@layer(
    id="Log",
    name="Logarithm",
    formula="out = ln x",
    examples=[Example(inputs=[()], output=()), Example(inputs=[(7, 5)], output=(7, 5))],
    words=["ln"],
)
def log(x: Shape) -> Built:
    """The natural logarithm of each value; the inverse of the exponential. For numbers above 0 only: 0 gives −∞, and a
    negative value gives no number."""
    return Built(expression("torch.log({x})"), output=floats(x))
