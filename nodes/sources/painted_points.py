"""Points in a plane that somebody painted, each with a class; they are kept in the drawing."""

from __future__ import annotations

from typing import Any

from nodes.api import Field, NoData, Numbers, Schema, Script, Text, source

MOST_CLASSES = 20


def describe(*, points: tuple[float, ...], words: str) -> Schema:
    """Points that you paint with the mouse, each with a class. They lie between -1 and 1 and are kept in the drawing:
    three numbers for each point, x, y and the class from 0 on."""
    classes, counts = _classes(points, words)
    return Schema(
        {"point": Field((2,)), "label": Field((), "int", classes, counts)},
        samples=len(points) // 3,
        noun=("point", "points"),
    )


def load(*, points: tuple[float, ...], words: str) -> dict[str, Any]:
    """Points (n, 2) and the class of each (n,)."""
    import torch

    _classes(points, words)
    rows = torch.tensor(points, dtype=torch.float32).reshape(-1, 3)
    return {"point": rows[:, :2].contiguous(), "label": rows[:, 2].long()}


def script(*, points: tuple[float, ...], words: str) -> Script:
    """The points as they stand in the drawing."""
    rows = [", ".join(f"{number!r}" for number in points[at : at + 12]) for at in range(0, len(points), 12)]
    lines = ("points = torch.tensor([", *(f"    {row}," for row in rows), "], dtype=torch.float32).reshape(-1, 3)")
    return Script(lines, {"point": "points[:, :2].contiguous()", "label": "points[:, 2].long()"})


def _classes(points: tuple[float, ...], words: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The words and the number of points of each class.

    Raises:
        NoData: if the numbers are no points with classes from 0 on.
    """
    if not points:
        raise NoData("No point is painted yet. Paint some of each class on the page Collect of the Data panel.")
    if len(points) % 3:
        raise NoData(f"{len(points)} numbers are no points: each has three, x, y and its class. Remove the last ones.")
    labels = points[2::3]
    strange = next((label for label in labels if label != int(label) or not 0 <= label < MOST_CLASSES), None)
    if strange is not None:
        raise NoData(f"{strange:g} is no class. Classes are whole numbers from 0 to {MOST_CLASSES - 1}.")
    count = int(max(labels)) + 1
    named = [word.strip() for word in words.split(",") if word.strip()]
    names = [*named, *(str(number) for number in range(len(named), count))]
    return tuple(names[: max(count, len(named))]), tuple(
        sum(1 for label in labels if label == number) for number in range(max(count, len(named)))
    )


# Two small heaps, so that a fresh one trains at once.
START = (-0.6, -0.4, 0, -0.5, -0.6, 0, -0.4, -0.3, 0, 0.5, 0.4, 1, 0.6, 0.6, 1, 0.3, 0.5, 1)

PAINTED_POINTS = source(
    id="PaintedPoints",
    name="Painted points",
    params=[
        Numbers(
            "points",
            START,
            low=-1e6,
            high=1e6,
            most=30_000,
            help="x, y and the class of each point. The page Collect of the Data panel takes them from the mouse.",
        ),
        Text("words", help="What the classes are called, with commas: red, blue. Empty: their numbers."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"points": (0.25, -0.125, 2, 0.1, 0.2, 0, 0.3, 1 / 3, 1), "words": "red, blue"}],
    words=["2d", "plane", "draw", "toy", "classes", "data"],
)
