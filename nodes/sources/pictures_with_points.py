"""Pictures with points in them, such as joints, corners or landmarks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Each, Feed, Field, File, Float, Recognised, Schema, Script, source
from nodes.reading.listing import shown
from nodes.reading.picture_scripts import literal
from nodes.reading.picture_sets import resolved
from nodes.reading.pictures import Preparation, head
from nodes.reading.points import bells, placed_points, points_of
from nodes.reading.told_pictures import (
    arrangement,
    called,
    image_column,
    imports_of,
    looked,
    only_of,
    ordered,
    part_indices,
    parts_line,
    schema_of,
    script_head,
    told_listing,
)
from nodes.reading.told_settings import PICTURE_SETTINGS
from nodes.reading.told_signs import points_at

if TYPE_CHECKING:
    from nodes.api import Guess
    from nodes.reading.classes import Arrangement
    from nodes.reading.listing import Listing
    from nodes.reading.points import Point, Points

NOUN = ("picture", "pictures")
WHAT = "pictures and their points"


def describe(*, path: str, spread: float, size: Any, fit: str, colour: str, background: str, split: str) -> Schema:
    """Pictures of your own with points in them, such as joints or landmarks: a table with the columns path, x0, y0,
    x1, y1 and so on in dots of the picture, or COCO (person_keypoints.json), of several people the largest. The
    heat maps say of each dot how near it is to each point: 1 there, falling off like a bell; 0 where nobody sees
    the point."""
    settings = {
        "path": path,
        "spread": spread,
        "size": size,
        "fit": fit,
        "colour": colour,
        "background": background,
        "split": split,
    }

    def say(found: Listing, began: float) -> Schema:
        told, made, how, guesses, remarks = _understood(found, path, size, fit, colour, background, split)
        fields = {"heat": Field((len(told.words), how.height, how.width))}
        remarks = [f"each has {len(told.words):,} points: {called(told.words)}", *remarks]
        settled = {"spread": _spread(spread, how), "points": list(told.words)}
        return schema_of(found, made, how, began, fields, guesses, remarks, settled)

    return looked(__name__, settings, WHAT, say)


def _understood(
    found: Listing, path: str, size: Any, fit: str, colour: str, background: str, split: str
) -> tuple[Points, Arrangement, Preparation, list[Guess], list[str]]:
    told = points_of(found, only_of(path))
    made = arrangement(found, told.parts, split, NOUN)
    how, guesses = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    return told, made, how, guesses, list(told.remarks)


def _spread(asked: float, how: Preparation) -> float:
    """The deviation of a bell: wide enough for a net to find it in a large picture."""
    return asked or max(1.5, min(how.height, how.width) / 20)


class _Moved:
    """The points of each sample, where they stand in its picture as it was made alike."""

    def __init__(self, found: Listing, numbers: list[int], told: Points, how: Preparation) -> None:
        self._found, self._numbers, self._told, self._how = found, numbers, told, how

    def of(self, at: int) -> list[Point]:
        """The points of a sample, in dots."""
        number = self._numbers[at]
        wide, high = self._told.sizes.get(number) or self._size(number)
        return placed_points(self._told.rows[number], wide, high, self._how)

    def _size(self, number: int) -> tuple[float, float]:
        try:
            with self._found.open(number) as file:
                known = head(file, shown(self._found.path(number)))
        except (OSError, ValueError):
            return 1.0, 1.0  # the picture itself is left out, with the reason
        return float(known.width), float(known.height)


def load(*, path: str, spread: float, size: Any, fit: str, colour: str, background: str, split: str) -> Feed:
    """The pictures, decoded when they are asked for and kept on the disk of this computer for the next time."""
    found = told_listing(path, WHAT, most=False)
    told, made, how, _, _ = _understood(found, path, size, fit, colour, background, split)
    numbers, _ = ordered(found, made)
    moved, spread = _Moved(found, numbers, told, how), _spread(spread, how)
    return Feed(
        {
            "image": image_column(found, made, how),
            "heat": Each(len(numbers), lambda at: bells(moved.of(at), how.height, how.width, spread)),
        },
        part_indices([made.part_of[number] for number in numbers]),
        name_of=lambda at: shown(found.path(numbers[at])),
    )


def script(*, path: str, spread: float, size: Any, fit: str, colour: str, background: str, split: str) -> Script:
    """The same pictures, read with Pillow, and their points."""
    found = told_listing(path, WHAT, most=False)
    told, made, how, _, _ = _understood(found, path, size, fit, colour, background, split)
    numbers, _ = ordered(found, made)
    moved, spread = _Moved(found, numbers, told, how), _spread(spread, how)
    given = [made.part_of[number] for number in numbers]
    lines = script_head(found, how, [found.path(number) for number in numbers], bells)
    lines += ["nan = math.nan  # of a point that nobody sees", "# from the left and the top, of each point in turn"]
    lines += literal("points", [side for at in range(len(numbers)) for point in moved.of(at) for side in point])
    lines += [
        f"points = numpy.array(points).reshape(len(files), {len(told.words)}, 2)",
        f"heat = numpy.stack([bells(each, {how.height}, {how.width}, {spread}) for each in points])",
        *literal("parts", given),
        "given = torch.tensor(parts)",
    ]
    fields = {"image": "torch.from_numpy(pixels).to(torch.float32).div_(255)", "heat": "torch.from_numpy(heat)"}
    return Script(tuple(lines), fields, imports_of(found), "pillow", parts_line(given), unreadable="unreadable")


def recognise(path: Path) -> Recognised | None:
    """Pictures beside a table of points, or a COCO file of keypoints."""
    return points_at(path)


PICTURES_WITH_POINTS = source(
    id="PicturesWithPoints",
    name="Pictures with points",
    params=[
        File("path", card=True, help="A folder with pictures and a table of points, a zip file of it, or the table."),
        Float(
            "spread",
            0.0,
            low=0.0,
            high=100.0,
            step=0.5,
            help="Deviation of the bells of the heat maps, in dots; 0 takes a twentieth of the shorter side.",
        ),
        *PICTURE_SETTINGS,
    ],
    fields=["image", "heat"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["keypoints", "pose", "joints", "landmarks", "heat maps", "coco", "own", "data", "images"],
)
