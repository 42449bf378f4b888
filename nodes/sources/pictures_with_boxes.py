"""Pictures with boxes around the things in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nodes.api import Field, Int
from nodes.reading.annotated_pictures import size_of, times_of
from nodes.reading.annotation_signs import boxes_at
from nodes.reading.boxes import MOST, boxes_of, placed_boxes
from nodes.reading.picture_scripts import literal
from nodes.reading.told_source import Printed, ToldPictures, told_source


class Boxes(ToldPictures):
    """Pictures of your own with boxes, for detection: COCO (instances.json), YOLO (images, labels and data.yaml),
    Pascal VOC (XML), or a table with the columns path, xmin, ymin, xmax, ymax and class. For each thing there is its
    box, the middle from the left and the top, width and height as shares of the picture, and what it is; both are 0
    where there are fewer things."""

    what = "pictures and their boxes"

    def read(self, only: str) -> dict[int, int]:
        self._told = boxes_of(self.found, only)
        return self._told.parts

    def settle(self) -> None:
        told, asked, part_of = self._told, self.given["boxes"], self.arranged.part_of
        self._most = max(1, min(told.most, MOST)) if asked == "auto" else int(asked)
        self._places = {word: number for number, word in enumerate(told.words, start=1)}
        samples = [rows for number, rows in told.rows.items() if part_of[number] > -2]
        count = sum(map(len, samples))
        words = ", ".join(told.words[:5]) + (" and more" if len(told.words) > 5 else "")
        kinds = f"{times_of(len(told.words), 'class', 'classes')}: {words}"
        self.remarks = [f"there {'is' if count == 1 else 'are'} {times_of(count, 'box', 'boxes')} of {kinds}"]
        self.remarks += told.remarks
        if told.most > self._most:
            more = sum(1 for rows in told.rows.values() if len(rows) > self._most)
            most = self._most
            self.remarks.append(f"{more:,} pictures have more than {most} boxes; the largest {most} of each are used")
        empty = sum(1 for rows in samples if not rows)
        if empty:
            self.remarks.append(f"in {times_of(empty, 'picture', 'pictures')} there is nothing")

    def fields(self) -> Mapping[str, Field]:
        return {
            "boxes": Field((self._most, 4), names=("x", "y", "width", "height")),
            "kinds": Field((self._most,), "int", ("nothing", *self._told.words)),
        }

    def settled(self) -> Mapping[str, Any]:
        return {"boxes": self._most}

    def columns(self) -> Mapping[str, Any]:
        return {"boxes": _Placed(self, 0), "kinds": _Placed(self, 1)}

    def of(self, at: int) -> tuple[Any, Any]:
        """The boxes of a sample where they stand in its picture as this was made alike, and what they are."""
        number, told = self.numbers[at], self._told
        rows = told.rows[number]
        wide = high = 1.0
        if rows and (number not in told.shares or self.how.fit != "squeeze"):
            if number not in told.sizes:
                told.sizes[number] = size_of(self.found, number)
            wide, high = told.sizes[number]
        if number in told.shares:
            rows = [(left * wide, top * high, right * wide, low * high, word) for left, top, right, low, word in rows]
        return placed_boxes(rows, self._places, wide, high, self.how, self._most)

    def printed(self) -> Printed:
        rows: list[object] = []
        for at in range(len(self.numbers)):
            sides, kinds = self.of(at)
            rows += [(at, n, int(kind), *map(float, sides[n])) for n, kind in enumerate(kinds) if kind]
        lines = [
            "# number of the picture, of the box in it, class, middle from left and top, width and height",
            *literal("told", rows),
            f"boxes = numpy.zeros((len(files), {self._most}, 4), numpy.float32)",
            f"kinds = numpy.zeros((len(files), {self._most}), numpy.int64)",
            "for picture, place, kind, *sides in told:",
            "    boxes[picture, place], kinds[picture, place] = sides, kind",
        ]
        return Printed((), lines, {"boxes": "torch.from_numpy(boxes)", "kinds": "torch.from_numpy(kinds)"})


class _Placed:
    """The boxes of each sample (0), or what they are (1)."""

    def __init__(self, told: Boxes, which: int) -> None:
        self._told, self._which = told, which

    def __len__(self) -> int:
        return len(self._told.numbers)

    def at(self, index: Any) -> Any:
        import numpy
        import torch

        return torch.from_numpy(numpy.stack([self._told.of(at)[self._which] for at in index.tolist()]))


PICTURES_WITH_BOXES = told_source(
    Boxes,
    id="PicturesWithBoxes",
    name="Pictures with boxes",
    path="A folder with pictures and their boxes, a zip file of it, or the file of boxes.",
    settings=[
        Int(
            "boxes",
            "auto",
            low=1,
            high=1000,
            words=("auto",),
            help="How many boxes a picture has at most; of more, the largest stay. auto takes the most that one has.",
        ),
    ],
    fields=["boxes", "kinds"],
    recognise=boxes_at,
    stem="pictures",
    words=["detection", "boxes", "coco", "yolo", "pascal voc", "objects", "localisation", "own", "data", "images"],
)
