"""Boxes as the VGG Image Annotator (VIA) writes them: one JSON file or one table for all pictures."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from nodes.api.words import cut
from nodes.reading.annotated_pictures import text_of
from nodes.reading.annotation_rows import head_of, notes_in, parsed, table_rows
from nodes.reading.drawn_boxes import DrawnBoxes, around, number_in
from nodes.reading.listing import Listing, shown

_CLASSES = ("class", "label", "name", "type", "category", "object")  # attributes that say what a region is
_NAMELESS = "object"  # the class of regions that have no attributes, as those of the balloons


def has_via(kind: str, begin: str) -> bool:
    """Whether a file with this ending begins as one of VIA does."""
    if kind == "json":
        return '"regions"' in begin and ('"shape_attributes"' in begin or '"filename"' in begin)
    return kind == "csv" and "region_shape_attributes" in head_of(begin)[0]


def via_boxes(found: Listing, only: str) -> Iterator[DrawnBoxes]:
    """What such files say, ``only`` that one if it was chosen itself.

    Raises:
        Unreadable: if one is damaged.
    """
    for note in notes_in(found, only, "json"):
        text = text_of(found, note)
        if has_via("json", text):
            yield from _of_json(parsed(text, shown(found.path(note))), shown(found.path(note)))
    for note in notes_in(found, only, "csv"):
        text = text_of(found, note)
        if has_via("csv", text):
            yield from _of_table(text, shown(found.path(note)))


def _of_json(said: Any, path: str) -> Iterator[DrawnBoxes]:
    if isinstance(said, dict) and isinstance(said.get("_via_img_metadata"), dict):
        said = said["_via_img_metadata"]  # a whole project
    for each in said.values() if isinstance(said, dict) else ():
        if not isinstance(each, dict) or not isinstance(each.get("filename"), str):
            continue
        made = DrawnBoxes(path, each["filename"].replace("\\", "/"), (0.0, 0.0))
        regions = each.get("regions")
        for region in regions.values() if isinstance(regions, dict) else regions if isinstance(regions, list) else ():
            shape = region.get("shape_attributes") if isinstance(region, dict) else None
            _take(made, shape, region.get("region_attributes") if isinstance(region, dict) else None)
        yield made


def _of_table(text: str, path: str) -> Iterator[DrawnBoxes]:
    made: dict[str, DrawnBoxes] = {}
    for _, row in table_rows(text, path):
        name = str(row.get("filename") or row.get("#filename") or "").replace("\\", "/")
        here = made.setdefault(name, DrawnBoxes(path, name, (0.0, 0.0)))
        shape = _cell(row.get("region_shape_attributes"))
        if shape != {}:  # a picture without regions has a row, too
            _take(here, shape, _cell(row.get("region_attributes")))
    yield from made.values()


def _cell(cell: Any) -> Any:
    try:
        return json.loads(str(cell or "{}"))
    except (ValueError, RecursionError):
        return None


def _take(made: DrawnBoxes, shape: Any, attributes: Any) -> None:
    sides = _sides(shape) if isinstance(shape, dict) else None
    if sides is None:
        made.odd += 1
    else:
        made.boxes.append((*sides, _class(attributes)))


def _class(attributes: Any) -> str:
    """What a region is: the attribute that is called so, else the first with a word in it."""
    said = attributes if isinstance(attributes, dict) else {}
    lower = {str(name).lower(): value for name, value in said.items()}
    for name in (*(name for name in _CLASSES if name in lower), *lower):
        value = lower[name]
        if isinstance(value, dict):  # boxes to tick
            value = next((word for word, ticked in value.items() if ticked), "")
        if isinstance(value, str | int) and str(value).strip():
            return cut(str(value).strip(), 60)
    return _NAMELESS


def _sides(shape: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    kind = shape.get("name")
    if kind == "rect":
        x, y, wide, high = (number_in(shape.get(name)) for name in ("x", "y", "width", "height"))
        return x, y, x + wide, y + high
    if kind in ("polygon", "polyline"):
        across, down = shape.get("all_points_x"), shape.get("all_points_y")
        if not isinstance(across, list) or not isinstance(down, list) or len(across) < 2 or len(across) != len(down):
            return None
        points = [(number_in(x), number_in(y)) for x, y in zip(across, down)]
        return around(points) if all(map(math.isfinite, chain(*points))) else None
    if kind in ("circle", "ellipse"):
        x, y = number_in(shape.get("cx")), number_in(shape.get("cy"))
        first, other = shape.get("r", shape.get("rx")), shape.get("r", shape.get("ry"))
        a, b, turn = number_in(first), number_in(other), number_in(shape.get("theta", 0))
        if not math.isfinite(turn):
            return None
        wide = math.hypot(a * math.cos(turn), b * math.sin(turn))
        high = math.hypot(a * math.sin(turn), b * math.cos(turn))
        return x - wide, y - high, x + wide, y + high
    return None
