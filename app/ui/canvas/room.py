"""Neighbours make room when a node becomes larger, and come back when it becomes smaller: rectangles, no figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from PySide6.QtCore import QRectF

from app.core.graph.frames import Frame, Rect, holds
from app.core.graph.model import Graph
from app.core.graph.topology import reached
from app.ui.canvas.geometry import as_rect
from app.ui.canvas.grid import SpatialIndex

_TOUCH = 1.0  # nodes may touch and still stand beside or below each other
Shift = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Moves:
    """What else changes when one node of a graph changes its size: places of nodes, and rectangles of frames."""

    places: dict[str, tuple[float, float]] = field(default_factory=dict)
    frames: dict[str, Rect] = field(default_factory=dict)


def make_room(graph: Graph, boxes: Mapping[str, QRectF], name: str, after: QRectF) -> Moves:
    """What moves when the node ``name`` gets the rectangle ``after``.

    What stands above or below goes up or down, what stands beside it on the right, or follows it there, goes to the
    right. What data reaches before and after it in the same row stays at its height. If the node becomes smaller all
    that is reversed, as far as nothing comes to lie on something else.
    """
    before = boxes[name]
    right, up, down = after.right() - before.right(), before.top() - after.top(), after.bottom() - before.bottom()
    rows = _shifts(graph, boxes, name, (right, up, down), keep_rows=True)
    plain = _shifts(graph, boxes, name, (right, up, down), keep_rows=False)
    if min(right, up, down) < 0:
        ways = tuple(product((True, False), repeat=2))
        choices = [_part(full, *way) for full in (rows, plain) for way in ways]
        shifts = next((found for found in choices if not _collide(boxes, name, after, found)), {})
    else:
        shifts = plain if _collide(boxes, name, after, rows) else rows
    places = {each: (boxes[each].x() + dx, boxes[each].y() + dy) for each, (dx, dy) in shifts.items() if dx or dy}
    return Moves(places, _frames(graph, boxes, name, after, shifts))


def _shifts(
    graph: Graph, boxes: Mapping[str, QRectF], name: str, by: tuple[float, float, float], keep_rows: bool
) -> dict[str, Shift]:
    before, (right, up, down) = boxes[name], by
    following = _rightwards(graph, boxes, name)
    level = following | _leftwards(graph, boxes, name) if keep_rows else set()
    shifts = {}
    for other, box in boxes.items():
        if other == name:
            continue
        above, below = box.bottom() <= before.top() + _TOUCH, box.top() >= before.bottom() - _TOUCH
        beside = box.left() >= before.right() - _TOUCH and (other in following or not (above or below))
        along = 0.0 if other in level else -up if above else down if below else 0.0
        shifts[other] = (right if beside else 0.0, along)
    return shifts


def _part(shifts: Mapping[str, Shift], across: bool, along: bool) -> dict[str, Shift]:
    return {name: (dx if across else 0.0, dy if along else 0.0) for name, (dx, dy) in shifts.items()}


def _rightwards(graph: Graph, boxes: Mapping[str, QRectF], name: str) -> set[str]:
    """The nodes that data reaches from ``name`` without ever running to the left: not those of the next row."""

    def onwards(here: str) -> Iterator[str]:
        targets = (wire.target for wire in graph.out_of(here) if wire.target in boxes)
        return (each for each in targets if boxes[each].left() >= boxes[here].right() - _TOUCH)

    return reached([name], onwards) - {name}


def _leftwards(graph: Graph, boxes: Mapping[str, QRectF], name: str) -> set[str]:
    """The nodes from which data reaches ``name`` without ever running to the left."""

    def back(here: str) -> Iterator[str]:
        sources = (wire.source for wire in graph.into(here) if wire.source in boxes)
        return (each for each in sources if boxes[each].right() <= boxes[here].left() + _TOUCH)

    return reached([name], back) - {name}


def _collide(boxes: Mapping[str, QRectF], name: str, after: QRectF, shifts: Mapping[str, Shift]) -> bool:
    """Whether two nodes lie on each other afterwards that did not before."""
    places = {other: boxes[other].translated(*shift) for other, shift in shifts.items()} | {name: after}
    grid: SpatialIndex[str] = SpatialIndex()
    for other, box in places.items():
        grid.put(other, box)
    for other, box in places.items():
        if shifts.get(other, (1.0, 1.0)) == (0.0, 0.0):
            continue
        for near in grid.near(box):
            if near != other and places[near].intersects(box) and not boxes[near].intersects(boxes[other]):
                return True
    return False


def _frames(
    graph: Graph, boxes: Mapping[str, QRectF], name: str, after: QRectF, shifts: Mapping[str, Shift]
) -> dict[str, Rect]:
    """Frames that must follow: those around the node become as much larger, the others go with what stands in them."""
    before = boxes[name]
    wider, higher, lower = after.right() - before.right(), before.top() - after.top(), after.bottom() - before.bottom()
    found: dict[str, Rect] = {}
    for key, frame in graph.frames.items():
        left, top, width, height = frame.rect
        if holds(frame, as_rect(before)):
            least = (after.right() - left + 10.0, after.bottom() - top + 10.0)
            rect = (left, top - higher, max(width + wider, least[0]), max(height + higher + lower, least[1] + higher))
        else:
            dx, dy = _shift_of(frame, boxes, before, shifts, (wider, higher, lower))
            rect = (left + dx, top + dy, width, height)
        if rect != frame.rect:
            found[key] = rect
    return found


def _shift_of(
    frame: Frame, boxes: Mapping[str, QRectF], before: QRectF, shifts: Mapping[str, Shift], by: tuple[float, ...]
) -> Shift:
    """How far a frame or a note goes: as far as all that stands in it; an empty one as a node in its place would."""
    mine = {shifts[other] for other, box in boxes.items() if other in shifts and holds(frame, as_rect(box))}
    if len(mine) == 1:
        return mine.pop()
    if mine:
        return 0.0, 0.0
    left, top, _, height = frame.rect
    above, below = top + height <= before.top() + _TOUCH, top >= before.bottom() - _TOUCH
    beside = left >= before.right() - _TOUCH and not (above or below)
    return by[0] if beside else 0.0, -by[1] if above else by[2] if below else 0.0
