"""Product of several inputs."""

from math import prod

from nodes.api import Built, Example, Settings, Shape, Sheet, Values, expression, layer
from nodes.api.saves import INPUTS
from nodes.api.values import raw_if_any
from nodes.merge._alike import joined, terms
from nodes.merge._pictures import side_by_side


def _drawn(sheet: Sheet, settings: Settings) -> str:
    side_by_side(sheet, "×", (0.5, 0.8, 0.4))
    return "Values at the same place are multiplied."


def _product(settings: Settings, *xs: Values) -> Values | None:
    if all(x.low >= 0 for x in xs):
        return Values(prod(x.low for x in xs), prod(x.high for x in xs))
    return Values(kind="raw") if raw_if_any(*xs) else None


@layer(
    id="Multiply",
    name="Multiply",
    picture=_drawn,
    saves=INPUTS,
    values=_product,
    backward="each input gets what comes back times the product of the others",
    formula="out = x₁ · x₂ · …",
    examples=[
        Example(inputs=[(16, 8, 8), (16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(16, 8, 8), (16, 1, 1)], output=(16, 8, 8)),
        Example(inputs=[(), (), ()], output=()),
        Example(inputs=[(), (5,)], output=(5,)),
    ],
    words=["product", "times", "gate", "mask", "attention"],
)
def multiply(*xs: Shape) -> Built:
    """Multiplies its inputs value by value. An input between 0 and 1 works as a gate: it lets through or holds back.
    A single number, or an axis of size 1, counts for all values along it."""
    whole = joined("Multiply", xs, gates=True)
    return Built(expression(terms(xs, whole, " * ")), output=whole, multiply_adds=(len(xs) - 1) * whole.values)
