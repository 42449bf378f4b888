"""Boxes of which all four sides stand in one cell of a table, as ``"[834.0, 222.0, 56.0, 36.0]"``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nodes.reading.annotation_rows import PATHS, chosen

BOX = ("bbox", "bounding_box", "box")
SIDES = ("xmin", "ymin", "xmax", "ymax")
THING = "thing"  # what a box is where no column says it
_FOUR = re.compile(
    r"\s*[\[({]?\s*" + r"[,;\s]+".join([r"(-?\d+\.?\d*(?:e[+-]?\d+)?)"] * 4) + r"\s*[\])}]?\s*", re.IGNORECASE
)


def box_column(heads: Sequence[str]) -> str:
    """The column of boxes in a table that names pictures, by the names of its columns; empty if there is none."""
    return chosen(heads, BOX) if chosen(heads, PATHS) else ""


def with_sides(row: dict[str, Any], column: str, kinds: Sequence[str]) -> dict[str, Any]:
    """A row with a column for each side of its box: left, top, width and height are what a cell says, as COCO writes
    them. Without a class in one of the columns ``kinds``, it is a thing."""
    found = _FOUR.fullmatch(str(row.get(column, "")))
    sides: dict[str, Any] = dict.fromkeys(SIDES, str(row.get(column, "")))
    if found is not None:
        left, top, wide, high = map(float, found.groups())
        sides = {"xmin": left, "ymin": top, "xmax": left + wide, "ymax": top + high}
    own = chosen(list(row), kinds)
    return row | sides | {"class": (row.get(own, "") if own else "") or THING}
