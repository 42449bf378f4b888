"""Pictures with boxes around the things in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Feed, Field, File, Int, Recognised, Schema, Script, source
from nodes.reading.boxes import MOST, boxes_of, placed_boxes
from nodes.reading.listing import shown
from nodes.reading.picture_scripts import literal
from nodes.reading.picture_sets import resolved
from nodes.reading.pictures import Preparation, head
from nodes.reading.told_pictures import (
    arrangement,
    image_column,
    imports_of,
    looked,
    only_of,
    ordered,
    part_indices,
    parts_line,
    schema_of,
    script_head,
    times_of,
    told_listing,
)
from nodes.reading.told_settings import PICTURE_SETTINGS
from nodes.reading.told_signs import boxes_at

if TYPE_CHECKING:
    from nodes.api import Guess
    from nodes.reading.boxes import Boxes
    from nodes.reading.classes import Arrangement
    from nodes.reading.listing import Listing

NOUN = ("picture", "pictures")
WHAT = "pictures and their boxes"


def describe(*, path: str, boxes: Any, size: Any, fit: str, colour: str, background: str, split: str) -> Schema:
    """Pictures of your own with boxes, for detection: COCO (instances.json), YOLO (images, labels and data.yaml),
    Pascal VOC (XML), or a table with the columns path, xmin, ymin, xmax, ymax and class. For each thing there is its
    box, the middle from the left and the top, width and height as shares of the picture, and what it is; both are 0
    where there are fewer things."""
    settings = {
        "path": path,
        "boxes": boxes,
        "size": size,
        "fit": fit,
        "colour": colour,
        "background": background,
        "split": split,
    }

    def say(found: Listing, began: float) -> Schema:
        told, made, how, most, guesses, remarks = _understood(found, path, boxes, size, fit, colour, background, split)
        fields = {
            "boxes": Field((most, 4), names=("x", "y", "width", "height")),
            "kinds": Field((most,), "int", ("nothing", *told.words)),
        }
        count = sum(len(rows) for number, rows in told.rows.items() if made.part_of[number] > -2)
        words = ", ".join(told.words[:5]) + (" and more" if len(told.words) > 5 else "")
        kinds = f"{times_of(len(told.words), 'class', 'classes')}: {words}"
        remarks = [f"there {'is' if count == 1 else 'are'} {times_of(count, 'box', 'boxes')} of {kinds}", *remarks]
        empty = sum(1 for number, rows in told.rows.items() if not rows and made.part_of[number] > -2)
        if empty:
            remarks.append(f"in {times_of(empty, 'picture', 'pictures')} there is nothing")
        return schema_of(found, made, how, began, fields, guesses, remarks, {"boxes": most})

    return looked(__name__, settings, WHAT, say)


def _understood(
    found: Listing, path: str, boxes: Any, size: Any, fit: str, colour: str, background: str, split: str
) -> tuple[Boxes, Arrangement, Preparation, int, list[Guess], list[str]]:
    told = boxes_of(found, only_of(path))
    made = arrangement(found, told.parts, split, NOUN)
    how, guesses = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    most = max(1, min(told.most, MOST)) if boxes == "auto" else int(boxes)
    remarks = list(told.remarks)
    if told.most > most:
        more = sum(1 for rows in told.rows.values() if len(rows) > most)
        remarks.append(f"{more:,} pictures have more than {most} boxes; the largest {most} of each are used")
    return told, made, how, most, guesses, remarks


class _Placed:
    """Boxes, or what they are, where they stand in the pictures as these were made alike."""

    def __init__(self, found: Listing, numbers: list[int], told: Boxes, how: Preparation, most: int, at: int) -> None:
        self._found, self._numbers, self._told, self._how, self._most, self._at = found, numbers, told, how, most, at
        self._words = {word: number for number, word in enumerate(told.words, start=1)}
        self._sizes: dict[int, tuple[float, float]] = dict(told.sizes)

    def __len__(self) -> int:
        return len(self._numbers)

    def at(self, index: Any) -> Any:
        import numpy
        import torch

        return torch.from_numpy(numpy.stack([self.one(at)[self._at] for at in index.tolist()]))

    def one(self, at: int) -> tuple[Any, Any]:
        """The boxes of a sample, and what they are."""
        number = self._numbers[at]
        rows = self._told.rows[number]
        wide = high = 1.0
        if rows and (number not in self._told.shares or self._how.fit != "squeeze"):
            wide, high = self._size(number)
        if number in self._told.shares:
            rows = [(left * wide, top * high, right * wide, low * high, word) for left, top, right, low, word in rows]
        return placed_boxes(rows, self._words, wide, high, self._how, self._most)

    def _size(self, number: int) -> tuple[float, float]:
        """Width and height of a picture, as a file says them or as it is; of one that is not there any more, any."""
        if number not in self._sizes:
            try:
                with self._found.open(number) as file:
                    known = head(file, shown(self._found.path(number)))
                self._sizes[number] = float(known.width), float(known.height)
            except (OSError, ValueError):
                return 1.0, 1.0  # the picture itself is left out, with the reason
        return self._sizes[number]


def load(*, path: str, boxes: Any, size: Any, fit: str, colour: str, background: str, split: str) -> Feed:
    """The pictures, decoded when they are asked for and kept on the disk of this computer for the next time."""
    found = told_listing(path, WHAT, most=False)
    told, made, how, most, _, _ = _understood(found, path, boxes, size, fit, colour, background, split)
    numbers, _ = ordered(found, made)
    return Feed(
        {
            "image": image_column(found, made, how),
            "boxes": _Placed(found, numbers, told, how, most, 0),
            "kinds": _Placed(found, numbers, told, how, most, 1),
        },
        part_indices([made.part_of[number] for number in numbers]),
        name_of=lambda at: shown(found.path(numbers[at])),
    )


def script(*, path: str, boxes: Any, size: Any, fit: str, colour: str, background: str, split: str) -> Script:
    """The same pictures, read with Pillow, and their boxes."""
    found = told_listing(path, WHAT, most=False)
    told, made, how, most, _, _ = _understood(found, path, boxes, size, fit, colour, background, split)
    numbers, _ = ordered(found, made)
    placed = _Placed(found, numbers, told, how, most, 0)
    rows: list[object] = []
    for at in range(len(numbers)):
        sides, kinds = placed.one(at)
        rows += [(at, n, int(kind), *map(float, sides[n])) for n, kind in enumerate(kinds) if kind]
    given = [made.part_of[number] for number in numbers]
    lines = script_head(found, how, [found.path(number) for number in numbers])
    lines += ["# number of the picture, of the box in it, class, middle from left and top, width and height"]
    lines += literal("told", rows)
    lines += [
        f"boxes = numpy.zeros((len(files), {most}, 4), numpy.float32)",
        f"kinds = numpy.zeros((len(files), {most}), numpy.int64)",
        "for picture, place, kind, *sides in told:",
        "    boxes[picture, place], kinds[picture, place] = sides, kind",
        *literal("parts", given),
        "given = torch.tensor(parts)",
    ]
    fields = {
        "image": "torch.from_numpy(pixels).to(torch.float32).div_(255)",
        "boxes": "torch.from_numpy(boxes)",
        "kinds": "torch.from_numpy(kinds)",
    }
    return Script(tuple(lines), fields, imports_of(found), "pillow", parts_line(given), unreadable="unreadable")


def recognise(path: Path) -> Recognised | None:
    """Pictures beside a file, or files, that hold boxes in one of the known ways."""
    return boxes_at(path)


PICTURES_WITH_BOXES = source(
    id="PicturesWithBoxes",
    name="Pictures with boxes",
    params=[
        File("path", card=True, help="A folder with pictures and their boxes, a zip file of it, or the file of boxes."),
        Int(
            "boxes",
            "auto",
            low=1,
            high=1000,
            words=("auto",),
            help="How many boxes a picture has at most; of more, the largest stay. auto takes the most that one has.",
        ),
        *PICTURE_SETTINGS,
    ],
    fields=["image", "boxes", "kinds"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["detection", "boxes", "coco", "yolo", "pascal voc", "objects", "localisation", "own", "data", "images"],
)
