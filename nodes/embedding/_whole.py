"""What the layers that read whole numbers share."""

from __future__ import annotations

from nodes.api import SetParam, SetUpstream, Shape, ShapeError
from nodes.api.shapes import describe


def check_whole(x: Shape, what: str) -> None:
    """
    Raises:
        ShapeError: if ``x`` holds no whole numbers.
    """
    if x.dtype != "int":
        raise ShapeError(
            f"{what} reads whole numbers, such as words or classes, but {describe(x)} arrives. "
            "Wire it to text or a label, or set the kind of the input to int.",
            fixes=[SetUpstream("dtype", "int", port="x")],
        )


def check_count(x: Shape, param: str, count: int) -> None:
    """
    Raises:
        ShapeError: if ``x`` may hold numbers of ``count`` or more.
    """
    if x.classes is not None and x.classes > count:
        raise ShapeError(
            f"Numbers from 0 to {x.classes - 1} arrive, but there is room for {count} only. Make it {x.classes}.",
            fixes=[SetParam(param, x.classes)],
        )
