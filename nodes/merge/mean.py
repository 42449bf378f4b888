"""Mean of several inputs."""

from nodes.api import Built, Example, Shape, expression, layer
from nodes.merge._alike import joined, terms


@layer(
    id="Mean",
    name="Mean of several",
    picture="mean",
    formula="out = (x₁ + x₂ + … + xₙ) / n",
    examples=[
        Example(inputs=[(10,), (10,), (10,)], output=(10,)),
        Example(inputs=[(16, 8, 8), (16, 8, 8)], output=(16, 8, 8)),
    ],
    words=["average", "ensemble", "committee"],
)
def mean(*xs: Shape) -> Built:
    """The average of its inputs, value by value, such as the common answer of several networks."""
    whole = joined("Mean", xs)
    return Built(expression(f"({terms(xs, whole, ' + ')}) / {len(xs)}"), output=whole)
