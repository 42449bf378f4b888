"""Sum, mean or largest along an axis."""

from nodes.api import Built, Choice, Example, Settings, Shape, Sheet, expression, layer
from nodes.api.shapes import floats
from nodes.reshape._axes import axis, place

HOW = {"mean": "{x}.mean(dim=%d)", "sum": "{x}.sum(dim=%d)", "largest": "{x}.amax(dim=%d)"}


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(30, 14, 4, 5, 16, lambda row, column: 0.15 + 0.17 * ((row * 2 + column * 3) % 5))
    sheet.arrow((118, 46), (146, 46), "accent")
    sheet.grid(156, 14, 4, 1, 16, lambda row, column: 0.3 + 0.15 * row)
    return f"Along one axis all values become one: their {settings.get('how', 'mean')}."


@layer(
    id="Along",
    name="Mean or sum along an axis",
    picture=_drawn,
    stem="along",
    formula="out = mean, sum or largest of x along one axis",
    params=[
        Choice("how", "mean", options=tuple(HOW), card=True, help="What becomes of the values."),
        axis(-1, "The axis that disappears."),
    ],
    examples=[
        Example(inputs=[(7, 5)], output=(7,)),
        Example(inputs=[(10, 6, 16)], params={"dim": 2}, output=(10, 16)),
        Example(inputs=[(3, 8, 6)], params={"how": "sum", "dim": 1}, output=(8, 6)),
        Example(inputs=[(9,)], params={"how": "largest"}, output=()),
    ],
    words=["reduce", "average", "total", "maximum", "pool", "bag of words", "axis"],
)
def along(x: Shape, *, how: str, dim: int) -> Built:
    """Makes one value of all along an axis, such as one list of numbers for each sentence of the words in it."""
    floats(x)
    where = place(x, dim, verb="go along")
    sizes = x.sizes[:where] + x.sizes[where + 1 :]
    return Built(expression(HOW[how] % (where + 1)), output=Shape(sizes))
