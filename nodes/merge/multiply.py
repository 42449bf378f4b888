"""Product of several inputs."""

from nodes.api import Built, Example, Settings, Shape, Sheet, expression, layer
from nodes.merge._alike import joined, terms
from nodes.merge._pictures import side_by_side


def _drawn(sheet: Sheet, settings: Settings) -> str:
    side_by_side(sheet, "×", (0.5, 0.8, 0.4))
    return "Values at the same place are multiplied."


@layer(
    id="Multiply",
    name="Multiply",
    picture=_drawn,
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
