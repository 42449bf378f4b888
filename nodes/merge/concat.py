"""Joining inputs end to end."""

from nodes.api import Built, Choice, Example, Fix, InsertBefore, Settings, Shape, ShapeError, Sheet, expression, layer
from nodes.api.shapes import describe
from nodes.api.values import around
from nodes.merge._alike import numbers


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.stack(24, 26, 2, 3, 3, 8, fills=0.35)
    sheet.stack(24, 68, 3, 3, 3, 8, fills=0.85)
    sheet.arrow((70, 34), (112, 46), "accent")
    sheet.arrow((76, 74), (112, 58), "accent")
    sheet.stack(124, 52, 3, 4, 4, 8, fills=0.85)
    sheet.stack(139, 37, 2, 4, 4, 8, fills=0.35)
    sheet.text(192, 88, f"axis: {settings.get('axis', 'one')}")
    return "The inputs are put behind each other along one axis; nothing is computed."


@layer(
    id="Concat",
    name="Concatenate",
    picture=_drawn,
    values=lambda s, *xs: around(*xs),
    backward="each input gets its own part of what comes back",
    formula="out = [x₁, x₂, …] along one axis",
    params=[
        Choice(
            "axis",
            "first",
            options=("first", "last"),
            help="The axis that grows: first is the channels of an image, last the features of a sequence.",
        )
    ],
    examples=[
        Example(inputs=[(16, 8, 8), (4, 8, 8)], output=(20, 8, 8)),
        Example(inputs=[(7, 5), (7, 3)], params={"axis": "last"}, output=(7, 8)),
        Example(inputs=[(3,), (4,), (5,)], output=(12,)),
        Example(inputs=[(), (), ()], output=(3,)),
    ],
    words=["join", "stack", "cat", "inception"],
)
def concat(*xs: Shape, axis: str) -> Built:
    """Puts its inputs side by side. All other sizes must be the same. Single numbers become a list."""
    numbers(xs)
    first = xs[0]
    if not any(x.rank for x in xs):
        return Built(expression("torch.stack([{xs:, }], dim=1)"), output=(len(xs),))
    if not first.rank:
        raise ShapeError(
            f"Concatenate joins what has the same axes, but one number and {describe(max(xs, key=lambda x: x.rank))} "
            "arrive. Put a Flatten before the number.",
            fixes=[InsertBefore("Flatten", port="xs")],
        )
    index = 0 if axis == "first" else first.rank - 1
    rest = _without(first, index)
    for other in xs[1:]:
        if other.rank != first.rank or _without(other, index) != rest:
            raise ShapeError(
                f"Concatenate needs the same sizes on all axes but the {axis}, but {describe(first)} and "
                f"{describe(other)} arrive. Bring both to the same size before joining them.",
                fixes=_fixes(xs, index),
            )
    sizes = list(first.sizes)
    sizes[index] = sum(x.sizes[index] for x in xs)
    dim = 1 if axis == "first" else -1
    return Built(expression(f"torch.cat([{{xs:, }}], dim={dim})"), output=tuple(sizes))


def _fixes(xs: tuple[Shape, ...], index: int) -> list[Fix]:
    """The layer that brings one input to the size of the others: a list out of an image, or a smaller image."""
    least, most = min(xs, key=lambda x: x.rank), max(xs, key=lambda x: x.rank)
    if least.rank == 1 and most.rank > 1:
        return [InsertBefore("Flatten", "xs", place=xs.index(most))]
    if all(x.rank == 3 for x in xs) and index == 0:
        small, large = min(xs, key=lambda x: x.sizes[1:]), max(xs, key=lambda x: x.sizes[1:])
        return [InsertBefore("AdaptiveAvgPool2d", "xs", (("output_size", small.sizes[1:]),), xs.index(large))]
    return []


def _without(x: Shape, index: int) -> tuple[int, ...]:
    return x.sizes[:index] + x.sizes[index + 1 :]
