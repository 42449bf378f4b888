"""Subtraction."""

from nodes.api import Built, Example, Settings, Shape, Sheet, Values, expression, layer
from nodes.api.values import raw_if_any
from nodes.merge._alike import joined, stretched
from nodes.merge._pictures import side_by_side


def _drawn(sheet: Sheet, settings: Settings) -> str:
    side_by_side(sheet, "−", (0.8, 0.5, 0.3))
    return "Values at the same place are subtracted: a minus b."


@layer(
    id="Subtract",
    name="Subtract",
    picture=_drawn,
    values=lambda s, a, b: Values(a.low - b.high, a.high - b.low, raw_if_any(a, b)),
    backward="the first input gets what comes back unchanged, the second with the other sign",
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
