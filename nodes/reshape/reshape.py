"""Other sizes for the same values."""

from math import prod

from nodes.api import Built, Example, Fix, SetParam, Settings, Shape, ShapeError, Sheet, Sizes, expression, layer
from nodes.api.shapes import describe, times
from nodes.api.values import same
from nodes.reshape._pictures import numbered


def _drawn(sheet: Sheet, settings: Settings) -> str:
    numbered(sheet, 24, 32, 2, 4, 18)
    sheet.arrow((106, 50), (138, 50), "accent")
    fills = lambda row, column: 0.15 + 0.2 * ((row * 2 + column) // 4)  # noqa: E731
    sheet.grid(154, 14, 4, 2, 18, fills, [[str(row * 2 + column + 1) for column in range(2)] for row in range(4)])
    return "The same values in the same order, cut into other sizes."


@layer(
    id="Reshape",
    name="Reshape",
    picture=_drawn,
    values=same,
    linear="values",
    backward="what comes back goes to the places where the values came from",
    formula="out holds the values of x, row by row, in the new sizes",
    params=[
        Sizes(
            "shape",
            (1, -1),
            low=-1,
            most=6,
            card=True,
            label="sizes",
            help="The new sizes without the batch. One of them may be −1; it takes what is left.",
        )
    ],
    examples=[
        Example(inputs=[(16,)], output=(1, 16)),
        Example(inputs=[(12,)], params={"shape": (3, 2, 2)}, output=(3, 2, 2)),
        Example(inputs=[(1, 28, 28)], params={"shape": (28, 28)}, output=(28, 28)),
        Example(inputs=[()], params={"shape": (1,)}, output=(1,)),
        Example(inputs=[Shape((12,), "int")], params={"shape": (-1, 3)}, output=Shape((4, 3), "int")),
    ],
    words=["view", "unflatten", "resize"],
)
def reshape(x: Shape, *, shape: tuple[int, ...]) -> Built:
    """Arranges the same values in other sizes, row by row: an image as a sequence of its rows, a list as an image."""
    sizes = _resolved(x, shape)
    if prod(sizes) != x.values:
        fixes: list[Fix] = [SetParam("shape", helpful) for helpful in _helpful(x, shape)]
        raise ShapeError(
            f"{describe(x).capitalize()} arrives, which holds {x.values} values, but {times(sizes)} holds "
            f"{prod(sizes)}. The sizes must multiply to {x.values}; one of them may be −1 to take what is left.",
            fixes=fixes,
        )
    left = x.variants and -1 in shape  # what is left is another number at each length
    printed = ", ".join(str(size) for size in (("len({x})", *shape) if left else (-1, *sizes)))
    return Built(expression(f"{{x}}.reshape({printed})"), output=Shape(sizes, x.dtype, x.classes))


def _resolved(x: Shape, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes with a number in place of −1."""
    if 0 in shape:
        fixes: list[Fix] = [SetParam("shape", tuple(size or -1 for size in shape))] if shape.count(0) == 1 else []
        raise ShapeError("A size of 0 leaves no room for values. Use 1 or more, or −1 for what is left.", fixes=fixes)
    if shape.count(-1) > 1:
        first = shape.index(-1)
        one = tuple(1 if size == -1 and place != first else size for place, size in enumerate(shape))
        raise ShapeError(
            f"Only one size may be −1, but {times(shape)} has {shape.count(-1)}. Write the others as numbers.",
            fixes=[SetParam("shape", one)],
        )
    left = prod(size for size in shape if size != -1)
    return tuple(x.values // left if size == -1 else size for size in shape)


def _helpful(x: Shape, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Sizes near the chosen ones that would do: one of them replaced by what is left."""
    for place in reversed(range(len(shape))):
        rest = prod(size for other, size in enumerate(shape) if other != place and size != -1)
        if -1 not in shape[:place] + shape[place + 1 :] and x.values % rest == 0:
            return [(*shape[:place], x.values // rest, *shape[place + 1 :])]
    return [(x.values,)]
