"""What a layer saves in a training step until the way back, as torch's saved tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nodes.api.curves import Settings
from nodes.api.shapes import Shape

FLOAT, INT = 4, 8  # bytes of a float32 and of the int64 that torch uses for labels, words and places

# Bytes for one sample, of the shapes that arrive in the order of the ports, the one that leaves, and the settings.
Extra = Callable[[Sequence[Shape], Shape, Settings], int]


@dataclass(frozen=True, slots=True)
class Saves:
    """Whether a layer saves what arrives and what leaves, whether its output is its input seen in another way, and
    what it saves besides. Of that it never writes to ``untouched``: torch asks for it, but the system lends no memory
    for it. ``copies`` says that it turns round what arrives and its gradient, so that each stands there twice while it
    computes."""

    inputs: bool = False
    output: bool = False
    view: bool = False
    extra: Extra | None = None
    untouched: Extra | None = None
    copies: bool = False


INPUTS, OUTPUT, NOTHING, VIEW = Saves(inputs=True), Saves(output=True), Saves(), Saves(view=True)


def bytes_of(*shapes: Shape) -> int:
    """Bytes of one sample of these shapes."""
    return sum(shape.values * (INT if shape.dtype == "int" else FLOAT) for shape in shapes)


def places(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """One int64 for each value that leaves: where the maximum stood."""
    return 2 * bytes_of(left)


def mask(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """One number for each value that leaves."""
    return bytes_of(left)


def times(count: int) -> Extra:
    """So often what arrives."""
    return lambda arrived, left, settings: count * bytes_of(*arrived)
