"""Subtraction."""

from nodes.api import Built, Example, Shape, expression, layer
from nodes.merge._alike import joined, stretched


@layer(
    id="Subtract",
    name="Subtract",
    picture="subtract",
    formula="out = a − b",
    examples=[
        Example(inputs=[(16, 8, 8), (16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(), ()], output=()),
        Example(inputs=[(5,), ()], output=(5,)),
    ],
    words=["difference", "minus"],
)
def subtract(a: Shape, b: Shape) -> Built:
    """Takes the second input from the first, value by value. A single number is taken from every value."""
    whole = joined("Subtract", (a, b), ports=("a", "b"))
    return Built(expression(f"{stretched('a', a, whole)} - {stretched('b', b, whole)}"), output=whole)
