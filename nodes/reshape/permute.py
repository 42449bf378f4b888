"""Axes in another order."""

from nodes.api import Built, Example, SetParam, Settings, Shape, ShapeError, Sheet, Sizes, expression, layer
from nodes.api.shapes import describe
from nodes.api.values import same
from nodes.reshape._pictures import numbered


def _drawn(sheet: Sheet, settings: Settings) -> str:
    numbered(sheet, 24, 32, 2, 4, 18)
    sheet.arrow((106, 50), (138, 50), "accent")
    fills = lambda row, column: 0.15 + 0.2 * column  # noqa: E731
    sheet.grid(154, 14, 4, 2, 18, fills, [[str(column * 4 + row + 1) for column in range(2)] for row in range(4)])
    return "Axes change places: what was a row is now a column."


@layer(
    id="Permute",
    name="Permute",
    picture=_drawn,
    values=same,
    backward="what comes back goes to the places where the values came from",
    formula="axis i of out is axis dims[i] of x",
    params=[
        Sizes(
            "dims",
            (2, 1),
            low=1,
            high=6,
            most=6,
            card=True,
            label="order of axes",
            help="The axes in their new order, counted from 1: 2, 1 swaps time and features.",
        )
    ],
    examples=[
        Example(inputs=[(7, 5)], output=(5, 7)),
        Example(inputs=[(3, 8, 6)], params={"dims": (2, 3, 1)}, output=(8, 6, 3)),
        Example(inputs=[Shape((7, 5), "int")], output=Shape((5, 7), "int")),
    ],
    words=["transpose", "swap axes", "channels last"],
)
def permute(x: Shape, *, dims: tuple[int, ...]) -> Built:
    """Puts the axes in another order, for example to read a sequence of features as features over time. The values
    stay, only their places change."""
    wanted = tuple(range(1, x.rank + 1))
    if tuple(sorted(dims)) != wanted:
        if x.rank < 2:
            raise ShapeError(
                f"There are no axes to reorder, because {describe(x)} arrives. Wire it to a sequence or image."
            )
        turned = wanted[::-1] if x.rank == 2 else (*wanted[1:], 1)
        raise ShapeError(
            f"{describe(x).capitalize()} arrives, so the order must name each of the axes 1 to {x.rank} once, but it "
            f"is {', '.join(str(dim) for dim in dims)}.",
            fixes=[SetParam("dims", turned)],
        )
    printed = ", ".join(str(dim) for dim in (0, *dims))
    sizes = tuple(x.sizes[dim - 1] for dim in dims)
    return Built(expression(f"{{x}}.permute({printed})"), output=Shape(sizes, x.dtype, x.classes))
