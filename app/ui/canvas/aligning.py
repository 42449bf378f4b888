"""Align and distribute: new places for boxes. Nothing here knows of a canvas but the last class."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from app.core.commands import EditAll, MoveNodes
from app.ui.canvas import geometry as g
from app.ui.canvas.node_words import plural

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView

Boxes = Mapping[str, QRectF]
Places = dict[str, tuple[float, float]]

LEAST_TO_ALIGN, LEAST_TO_DISTRIBUTE = 2, 3
# For each side: whether it lies across, how far along the rectangle around all boxes (0 to 1), and its words.
_SIDES: Mapping[str, tuple[bool, float, str]] = {
    "left": (True, 0.0, "by their left edges"),
    "centre": (True, 0.5, "in one column"),
    "right": (True, 1.0, "by their right edges"),
    "top": (False, 0.0, "by their top edges"),
    "middle": (False, 0.5, "in one row"),
    "bottom": (False, 1.0, "by their bottom edges"),
}


def aligned(boxes: Boxes, side: str) -> Places:
    """Places that bring the boxes to one ``side`` of the rectangle around them.

    Raises:
        KeyError: if there is no such side: left, centre, right, top, middle, bottom.
    """
    whole = _around(boxes)
    across, share, _ = _SIDES[side]
    if across:
        return {name: (whole.x() + share * (whole.width() - box.width()), box.y()) for name, box in boxes.items()}
    return {name: (box.x(), whole.y() + share * (whole.height() - box.height())) for name, box in boxes.items()}


def distributed(boxes: Boxes, across: bool) -> Places:
    """Places with equal gaps from left to right (``across``) or from top to bottom.

    The first and the last box stay. Where the room between them is too small, the gaps are those that the program
    leaves itself, and the last box moves on.
    """

    def begin(box: QRectF) -> float:
        return box.left() if across else box.top()

    def length(box: QRectF) -> float:
        return box.width() if across else box.height()

    names = sorted(boxes, key=lambda name: (begin(boxes[name]) + length(boxes[name]) / 2, begin(boxes[name])))
    first, last = boxes[names[0]], boxes[names[-1]]
    room = begin(last) + length(last) - begin(first) - sum(length(box) for box in boxes.values())
    gap = room / (len(names) - 1)
    if gap < 0:
        gap = g.GAP_X if across else g.GAP_Y
    places: Places = {}
    at = begin(first)
    for name in names:
        box = boxes[name]
        places[name] = (at, box.y()) if across else (box.x(), at)
        at += length(box) + gap
    return places


def overlapping(boxes: Boxes) -> tuple[str, str] | None:
    """Two boxes that lie on each other, if any do."""
    seen: list[tuple[str, QRectF]] = []
    for name, box in sorted(boxes.items(), key=lambda entry: entry[1].left()):
        seen = [(other, there) for other, there in seen if there.right() > box.left()]
        for other, there in seen:
            if there.intersects(box):
                return other, name
        seen.append((name, box))
    return None


def _around(boxes: Boxes) -> QRectF:
    whole = QRectF()
    for box in boxes.values():
        whole = whole.united(box)
    return whole


class Aligning:
    """Aligns and distributes what is selected on a canvas, each as one step of undo: ``left()``, ``across()``."""

    def __init__(self, canvas: GraphView) -> None:
        self._canvas = canvas
        self.left, self.centre, self.right = (partial(self._align, side) for side in ("left", "centre", "right"))
        self.top, self.middle, self.bottom = (partial(self._align, side) for side in ("top", "middle", "bottom"))
        self.across, self.down = partial(self._distribute, across=True), partial(self._distribute, across=False)

    def _boxes(self) -> dict[str, QRectF]:
        nodes = self._canvas.scene.nodes
        return {name: nodes[name].rect for name in self._canvas.selected if name in nodes}

    def _align(self, side: str) -> None:
        boxes = self._boxes()
        if len(boxes) < LEAST_TO_ALIGN:
            self._canvas.status.emit("Select two or more layers, then align them.")
            return
        self._move(boxes, aligned(boxes, side), f"Align {plural(len(boxes), 'layer')} {_SIDES[side][2]}")

    def _distribute(self, across: bool) -> None:
        boxes = self._boxes()
        if len(boxes) < LEAST_TO_DISTRIBUTE:
            self._canvas.status.emit("Select three or more layers, then distribute them.")
            return
        title = f"Distribute {plural(len(boxes), 'layer')} {'horizontally' if across else 'vertically'}"
        self._move(boxes, distributed(boxes, across), title)

    def _move(self, boxes: Boxes, places: Places, title: str) -> None:
        canvas = self._canvas
        before = overlapping(boxes)
        command = EditAll(commands=(MoveNodes(canvas.where, places),), text=title)
        if not canvas.do_step(command):
            canvas.status.emit("They stand so already.")
            return
        canvas.keep_in_view(canvas.selected)
        covered = overlapping(self._boxes())
        if covered is not None and before is None:
            canvas.status.emit(f"{covered[0]} and {covered[1]} lie on each other now. Ctrl+Z takes that back.")
