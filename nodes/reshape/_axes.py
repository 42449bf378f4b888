"""Axes of a sample, numbered as torch does: 0 is the batch, 1 the first axis of a sample, −1 the last."""

from __future__ import annotations

from nodes.api import Fix, Int, SetParam, Shape, ShapeError
from nodes.api.shapes import describe

MOST = 8  # axes that anybody has drawn


def axis(usual: int, help: str) -> Int:
    """The setting for one axis."""
    return Int("dim", usual, low=-MOST, high=MOST, label="axis", help=help + " 1 is the first one, −1 the last.")


def place(x: Shape, dim: int, *, more: int = 0, verb: str) -> int:
    """Where the axis stands in ``x.sizes``. ``more`` is 1 if an axis may be named that is only made.

    Raises:
        ShapeError: for the batch, or an axis that ``x`` does not have.
    """
    count = x.rank + more
    if not count:
        raise ShapeError(
            f"There is no axis to {verb}, because {describe(x)} arrives. Wire it to a list, sequence or image."
        )
    if dim == 0 or not -count <= dim <= count:
        nearest = 1 if dim >= 0 and dim < count else count if dim > 0 else 1
        fixes: list[Fix] = [SetParam("dim", nearest)]
        what = "Axis 0 is the batch, which stays as it is" if dim == 0 else f"There is no axis {dim}"
        raise ShapeError(
            f"{what}: {describe(x)} arrives, so the axis can be 1 to {count}, or −1 to −{count} from the end.",
            fixes=fixes,
        )
    return dim - 1 if dim > 0 else count + dim


def at(x: Shape, index: int, text: str) -> str:
    """``x`` indexed at one axis, as printed: ``x[:, :, 2:5]``."""
    return "{x}[" + ", ".join([":"] * (index + 1) + [text]) + "]"
