"""Whole numbers as numbers to calculate with."""

from nodes.api import Built, Example, Shape, expression, layer
from nodes.api.values import same


@layer(
    id="ToFloat",
    name="To number",
    values=same,
    formula="out = x, as float",
    examples=[
        Example(inputs=[Shape((), "int", classes=10)], output=()),
        Example(inputs=[Shape((7,), "int", classes=50)], output=(7,)),
        Example(inputs=[(3, 8, 8)], output=(3, 8, 8)),
    ],
    words=["cast", "float", "label", "age", "regression", "type"],
)
def to_float(x: Shape) -> Built:
    """Lets whole numbers count as numbers: an age, a year, how many. A label of kinds of things has no such order; use
    One-hot or an Embedding for it."""
    return Built(expression("{x}.float()"), output=Shape(x.sizes))
