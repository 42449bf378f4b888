"""Mean of several inputs."""

from nodes.api import Built, Example, Settings, Shape, Sheet, expression, layer
from nodes.merge._alike import joined, terms
from nodes.merge._pictures import side_by_side


def _drawn(sheet: Sheet, settings: Settings) -> str:
    side_by_side(sheet, "ø", (0.2, 0.8, 0.5))
    return "Values at the same place are averaged."


@layer(
    id="Mean",
    name="Mean of several",
    picture=_drawn,
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
