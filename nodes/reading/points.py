"""Points in pictures, such as joints or corners, as tables and COCO write them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nodes.api.words import cut
from nodes.reading.annotated_pictures import PictureFinder, part_in, part_named, placed, text_of
from nodes.reading.annotation_rows import (
    PATHS,
    chosen,
    coco_images,
    coco_in,
    head_of,
    listed_in,
    needed,
    notes_in,
    rows_of,
)
from nodes.reading.boxes import table_columns
from nodes.reading.listing import Listing
from nodes.reading.pictures import PicturePreparation

_FIRST = re.compile(r"x([ _.\-0-9].*)?")  # x0, x_nose
_LAST = re.compile(r".*[ _.\-0-9]x")  # nose_x, 0_x
Point = tuple[float, float]  # from the left and the top, in dots; nan where nobody sees it


@dataclass
class PointAnnotations:
    """The points of each picture, by its number in the listing; ``words`` are what they are called, ``parts`` as PARTS
    counts, or -1, ``sizes`` (width, height) of pictures where a file says them."""

    rows: dict[int, list[Point]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    parts: dict[int, int] = field(default_factory=dict)
    sizes: dict[int, tuple[float, float]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def points_of(found: Listing, only: str) -> PointAnnotations:
    """The points that files of a listing tell of.

    Raises:
        NoData: if there are none.
        Unreadable: if a file that should tell of them is damaged.
    """
    names, made = PictureFinder(found), PointAnnotations()
    _coco(found, names, only, made)
    if not made.rows:
        _tables(found, names, only, made)
    if not made.rows:
        raise needed(
            found,
            "points in pictures",
            "Choose a folder with pictures and a table with the columns path, x0, y0, x1, y1 and so on, or a COCO file "
            "of keypoints.",
        )
    return made


def point_columns(heads: Sequence[str]) -> tuple[str, list[tuple[str, str, str]]]:
    """The column of the path, and for each point its name and its columns of x and y; nothing if there are none."""
    path = chosen(heads, PATHS)
    pairs: list[tuple[str, str, str]] = []
    for name in heads:
        if _FIRST.fullmatch(name):
            word, partner = name[1:], f"y{name[1:]}"
        elif _LAST.fullmatch(name):
            word, partner = name[:-1], f"{name[:-1]}y"
        else:
            continue
        if partner in heads:
            pairs.append((word.strip(" _.-") or str(len(pairs)), name, partner))
    known = bool(path) and (len(pairs) > 1 or (len(pairs) == 1 and len(heads) == 3)) and not table_columns(heads)
    return (path, pairs) if known else ("", [])


def _tables(found: Listing, names: PictureFinder, only: str, made: PointAnnotations) -> None:
    for note in notes_in(found, only, "csv", "tsv", "txt"):
        heads, _ = head_of(text_of(found, note))
        column, pairs = point_columns(heads)
        words = tuple(word for word, _, _ in pairs)
        if not pairs or (made.words and words != made.words):
            continue
        made.words = words
        path = found.path(note)
        part = part_named(path) if part_named(path) >= 0 else part_in(path)
        for where, row in rows_of(found, note):
            number = names.find(row.get(column, ""), path, part) if row.get(column) else None
            if number is None:
                found.skip(where, f"names {cut(row.get(column, ''), 60) or 'no picture'}, which is not there.")
                continue
            if number in made.rows:
                found.skip(where, "names a picture that an earlier row names.")
                continue
            cells = [(row.get(x, ""), row.get(y, "")) for _, x, y in pairs]
            points = [(_number(x), _number(y)) for x, y in cells]
            if any(
                cell and math.isnan(value) for pair, point in zip(cells, points) for cell, value in zip(pair, point)
            ):
                found.skip(where, "has a point that is no number.")
                continue
            made.rows[number] = points
            made.parts[number] = part if part >= 0 else part_in(found.path(number))


def _coco(found: Listing, names: PictureFinder, only: str, made: PointAnnotations) -> None:
    several = 0
    areas: dict[int, float] = {}
    for note, said in coco_in(found, only, "keypoints", holding="keypoints"):
        path = found.path(note)
        part = part_named(path) if part_named(path) >= 0 else part_in(path)
        images = coco_images(found, note, said)
        kinds = [each for each in listed_in(said, "categories") if isinstance(each.get("keypoints"), list)]
        words = tuple(cut(str(word), 40) for word in kinds[0]["keypoints"]) if kinds else ()
        for at, each in enumerate(said["annotations"], start=1):
            values = each.get("keypoints") if isinstance(each, dict) else None
            key = each.get("image_id") if isinstance(each, dict) else None
            image = images.get(key) if isinstance(key, int | str) else None
            where = f"{path}, annotation {at:,}"
            if image is None or not isinstance(values, list):
                if isinstance(each, dict) and (image is None or "keypoints" in each):
                    found.skip(where, "has no list of keypoints, or the id of no picture.")
                continue
            if len(values) % 3 or not values or not all(math.isfinite(_number(value)) for value in values):
                found.skip(where, "has keypoints that are not three numbers each: x, y and whether it is seen.")
                continue
            made.words = made.words or words or tuple(map(str, range(len(values) // 3)))
            if len(values) // 3 != len(made.words):
                found.skip(where, f"has {len(values) // 3} points, and the others {len(made.words)}.")
                continue
            if not any(values[2::3]):
                continue  # a person of whom nothing is seen
            number = names.find(image["file_name"], path, part)
            if number is None:
                found.skip(f"{path}: {image['file_name']}", "is not among the pictures.")
                continue
            area = _number(each.get("area"))
            area = area if area > 0 else float(sum(1 for seen in values[2::3] if seen))
            if number in made.rows:
                several += 1
                if area <= areas[number]:
                    continue
            areas[number] = area
            points = list(zip(values[::3], values[1::3], values[2::3]))
            made.rows[number] = [(float(x), float(y)) if seen else (math.nan, math.nan) for x, y, seen in points]
            made.parts[number] = part if part >= 0 else part_in(found.path(number))
            wide, high = _number(image.get("width")), _number(image.get("height"))
            if wide > 0 and high > 0:
                made.sizes[number] = wide, high
    if several:
        made.remarks.append(f"of pictures with several people the largest one is used; {several:,} others are left out")


def _number(value: Any) -> float:
    """A number; nan if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def placed_points(points: Sequence[Point], wide: float, high: float, how: PicturePreparation) -> list[Point]:
    """The points in dots of the picture as it was made alike; nan for what is cut off."""
    kx, ky, x0, y0 = placed(wide, high, how.height, how.width, how.fit)
    moved = [(x * kx + x0, y * ky + y0) for x, y in points]
    return [(x, y) if 0 <= x <= how.width and 0 <= y <= how.height else (math.nan, math.nan) for x, y in moved]


def bells(points: Any, height: int, width: int, spread: float) -> Any:
    """Maps (points, height, width) float32 with a bell around each point; nothing where it is nan."""
    import numpy

    rows, columns = numpy.mgrid[:height, :width] + 0.5
    maps = numpy.zeros((len(points), height, width), numpy.float32)
    for at, (x, y) in enumerate(points):
        if x == x and y == y:
            maps[at] = numpy.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread**2))
    return maps
