"""Addition of several inputs."""

from nodes.api import Built, Example, Settings, Shape, Sheet, Values, expression, layer
from nodes.api.values import raw_if_any
from nodes.merge._alike import joined, terms
from nodes.merge._pictures import side_by_side


def _drawn(sheet: Sheet, settings: Settings) -> str:
    side_by_side(sheet, "+", (0.3, 0.45, 0.75))
    return "Values at the same place are added. All inputs have the same shape."


@layer(
    id="Add",
    name="Add",
    picture=_drawn,
    values=lambda s, *xs: Values(sum(x.low for x in xs), sum(x.high for x in xs), raw_if_any(*xs)),
    backward="each input gets what comes back unchanged: the derivative of a sum by each term is 1",
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
