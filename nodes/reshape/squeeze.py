"""Removes an axis of size 1."""

from nodes.api import Built, Example, Fix, Misfit, SetParam, Settings, Shape, Sheet, expression, layer
from nodes.api.shapes import describe
from nodes.api.values import same
from nodes.reshape._axes import axis, place


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.text(70, 50, "1 × 4 × 3", bold=True)
    sheet.arrow((106, 50), (138, 50), "accent")
    sheet.text(174, 50, "4 × 3", bold=True)
    return "An axis of size 1 is left out. The values stay as they are."


@layer(
    id="Squeeze",
    name="Squeeze",
    picture=_drawn,
    values=same,
    linear="values",
    formula="out = x without one axis of size 1",
    params=[axis(-1, "The axis that is removed.")],
    examples=[
        Example(inputs=[(1,)], output=()),
        Example(inputs=[(1, 8, 6)], params={"dim": 1}, output=(8, 6)),
        Example(inputs=[Shape((7, 1), "int")], output=Shape((7,), "int")),
    ],
    words=["remove axis", "drop dimension"],
)
def squeeze(x: Shape, *, dim: int) -> Built:
    """Takes away an axis that has only one place, so that a list of one becomes a number and an image of one channel
    a table."""
    index = place(x, dim, verb="remove")
    if x.sizes[index] != 1:
        ones = [number for number, size in enumerate(x.sizes, start=1) if size == 1]
        fixes: list[Fix] = [SetParam("dim", ones[0])] if ones else []
        helps = f"Use axis {ones[0]}." if ones else "Use Select to keep one of them, or Flatten for all in one row."
        raise Misfit(
            f"Only an axis of size 1 can be removed, but {describe(x)} arrives and axis {dim} has the size "
            f"{x.sizes[index]}. {helps}",
            fixes=fixes,
        )
    sizes = x.sizes[:index] + x.sizes[index + 1 :]
    return Built(expression(f"{{x}}.squeeze({dim})"), output=Shape(sizes, x.dtype, x.classes))
