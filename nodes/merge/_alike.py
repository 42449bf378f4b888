"""Which inputs can be calculated with value by value."""

from __future__ import annotations

from nodes.api import Fix, InsertBefore, Shape, ShapeError
from nodes.api.shapes import describe, floats


def numbers(xs: tuple[Shape, ...], ports: tuple[str, ...] = ()) -> None:
    """Refuse whole numbers. ``ports`` are those of the inputs, if there is not a single one for all."""
    for place, x in enumerate(xs):
        try:
            floats(x, ports[place] if ports else "xs")
        except ShapeError as error:
            # A fix names a port and means its first wire, so it would not help the others of a port with many.
            raise ShapeError(error.sentence, error.fixes if ports or not place else ()) from None


def joined(word: str, xs: tuple[Shape, ...], *, ports: tuple[str, ...] = (), gates: bool = False) -> Shape:
    """The shape that leaves when inputs are joined value by value: all have it, or are single numbers, which go to
    every value. With ``gates`` an axis of size 1 stretches too, as that of a gate with one value for each channel.

    Raises:
        ShapeError: if the shapes differ. ``word`` is the layer's name in the sentence.
    """
    numbers(xs, ports)
    largest = max(xs, key=lambda x: (x.rank, x.values))
    for x in xs:
        if x.rank == 0 or x.sizes == largest.sizes:
            continue
        if gates and x.rank == largest.rank and all(mine in (1, whole) for mine, whole in zip(x.sizes, largest.sizes)):
            continue
        first, other = (x, largest) if xs.index(x) < xs.index(largest) else (largest, x)
        raise ShapeError(
            f"{word} needs inputs of one shape, but {describe(first)} and {describe(other)} arrive. "
            + (
                "Make both the same, for example with a 1×1 convolution on the shorter way."
                if largest.rank == 3
                else "Make both the same, for example with a fully connected layer before one of them."
            ),
            fixes=_fixes(x, xs.index(x), largest, ports),
        )
    return largest


def _fixes(x: Shape, place: int, whole: Shape, ports: tuple[str, ...]) -> list[Fix]:
    """The layer that gives ``x`` the shape of the others, where one does: as many channels, or as many features."""
    port, place = (ports[place], 0) if ports else ("xs", place)
    if x.rank == whole.rank == 3 and x.sizes[1:] == whole.sizes[1:]:
        return [InsertBefore("Conv2d", port, (("out_channels", whole.sizes[0]), ("kernel_size", (1, 1))), place)]
    if x.rank == whole.rank and whole.rank in (1, 2) and x.sizes[:-1] == whole.sizes[:-1]:
        return [InsertBefore("Linear", port, (("out_features", whole.sizes[-1]),), place)]
    return []


def stretched(hole: str, x: Shape, whole: Shape) -> str:
    """The input as printed. A number has only the batch axis, so it gets the other axes with size 1."""
    if x.rank or not whole.rank:
        return f"{{{hole}}}"
    return f"{{{hole}}}.reshape({', '.join(['-1', *['1'] * whole.rank])})"


def terms(xs: tuple[Shape, ...], whole: Shape, sign: str) -> str:
    """All inputs with a sign between them, as printed."""
    if all(x.rank == whole.rank for x in xs):
        return f"{{xs:{sign}}}"
    return sign.join(stretched(f"xs[{place}]", x, whole) for place, x in enumerate(xs))
