"""Adds an axis of size 1."""

from nodes.api import Built, Example, Settings, Shape, Sheet, expression, layer
from nodes.api.values import same
from nodes.reshape._axes import axis, place


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.text(66, 50, "4 × 3", bold=True)
    sheet.arrow((102, 50), (134, 50), "accent")
    sheet.text(174, 50, "1 × 4 × 3", bold=True)
    return "One more axis, of size 1. The values stay as they are."


@layer(
    id="Unsqueeze",
    name="Unsqueeze",
    picture=_drawn,
    values=same,
    linear="values",
    formula="out = x with one more axis of size 1",
    params=[axis(1, "Where the new axis stands.")],
    examples=[
        Example(inputs=[(8, 6)], output=(1, 8, 6)),
        Example(inputs=[()], output=(1,)),
        Example(inputs=[Shape((7,), "int")], params={"dim": -1}, output=Shape((7, 1), "int")),
    ],
    words=["add axis", "new dimension", "expand"],
)
def unsqueeze(x: Shape, *, dim: int) -> Built:
    """Adds an axis with one place: a number becomes a list of one, a table an image of one channel."""
    index = place(x, dim, more=1, verb="add")
    sizes = (*x.sizes[:index], 1, *x.sizes[index:])
    return Built(expression(f"{{x}}.unsqueeze({dim})"), output=Shape(sizes, x.dtype, x.classes))
