"""Addition of several inputs."""

from nodes.api import Built, Example, Shape, expression, layer
from nodes.merge._alike import joined, terms


@layer(
    id="Add",
    name="Add",
    picture="add",
    formula="out = x₁ + x₂ + …",
    examples=[
        Example(inputs=[(16, 8, 8), (16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(5,), (5,), (5,)], output=(5,)),
        Example(inputs=[(), ()], output=()),
        Example(inputs=[(), (7, 5)], output=(7, 5)),
    ],
    words=["sum", "plus", "residual", "skip connection", "shortcut"],
)
def add(*xs: Shape) -> Built:
    """Adds its inputs value by value. The shortcut of a residual network. A single number is added to every value."""
    whole = joined("Add", xs)
    return Built(expression(terms(xs, whole, " + ")), output=whole)
