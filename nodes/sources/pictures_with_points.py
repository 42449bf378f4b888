"""Pictures with points in them, such as joints, corners or landmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nodes.api import Each, Field, Float
from nodes.reading.annotated_pictures import called, size_of
from nodes.reading.annotation_signs import points_at
from nodes.reading.picture_scripts import literal
from nodes.reading.points import bells, placed_points, points_of
from nodes.reading.told_source import Printed, ToldPictures, told_source

if TYPE_CHECKING:
    from nodes.reading.points import Point


class Points(ToldPictures):
    """Pictures of your own with points in them, such as joints or landmarks: a table with the columns path, x0, y0,
    x1, y1 and so on in dots of the picture, or COCO (person_keypoints.json), of several people the largest. The
    heat maps say of each dot how near it is to each point: 1 there, falling off like a bell; 0 where nobody sees
    the point."""

    what = "pictures and their points"

    def read(self, only: str) -> dict[int, int]:
        self._told = points_of(self.found, only)
        return self._told.parts

    def settle(self) -> None:
        # Wide enough for a net to find the bell in a large picture.
        self._spread = self.given["spread"] or max(1.5, min(self.how.height, self.how.width) / 20)
        words = self._told.words
        self.remarks = [f"each has {len(words):,} points: {called(words)}", *self._told.remarks]

    def fields(self) -> Mapping[str, Field]:
        return {"heat": Field((len(self._told.words), self.how.height, self.how.width))}

    def settled(self) -> Mapping[str, Any]:
        return {"spread": self._spread, "points": list(self._told.words)}

    def columns(self) -> Mapping[str, Any]:
        return {"heat": Each(len(self.numbers), self._heat)}

    def _heat(self, at: int) -> Any:
        return bells(self._points(at), self.how.height, self.how.width, self._spread)

    def _points(self, at: int) -> list[Point]:
        """The points of a sample, in dots of its picture as this was made alike."""
        number = self.numbers[at]
        wide, high = self._told.sizes.get(number) or size_of(self.found, number)
        return placed_points(self._told.rows[number], wide, high, self.how)

    def printed(self) -> Printed:
        sides = [side for at in range(len(self.numbers)) for point in self._points(at) for side in point]
        size = f"{self.how.height}, {self.how.width}"
        lines = [
            "nan = math.nan  # of a point that nobody sees",
            "# from the left and the top, of each point in turn",
            *literal("points", sides),
            f"points = numpy.array(points).reshape(len(files), {len(self._told.words)}, 2)",
            f"heat = numpy.stack([bells(each, {size}, {self._spread}) for each in points])",
        ]
        return Printed((bells,), lines, {"heat": "torch.from_numpy(heat)"})


PICTURES_WITH_POINTS = told_source(
    Points,
    id="PicturesWithPoints",
    name="Pictures with points",
    path="A folder with pictures and a table of points, a zip file of it, or the table.",
    settings=[
        Float(
            "spread",
            0.0,
            low=0.0,
            high=100.0,
            step=0.5,
            help="Deviation of the bells of the heat maps, in dots; 0 takes a twentieth of the shorter side.",
        ),
    ],
    fields=["heat"],
    recognise=points_at,
    stem="pictures",
    words=["keypoints", "pose", "joints", "landmarks", "heat maps", "coco", "own", "data", "images"],
)
