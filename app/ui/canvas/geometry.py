"""Sizes and places on the canvas, and the curves of wires. One unit is one pixel at 100 %."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, hypot

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPolygonF

from app.core.graph.frames import Rect

NODE_WIDTH = 184.0
HEADER = 28.0
ROW = 22.0
FOOT = 20.0
PADDING = 5.0  # above the first and below the last line
RADIUS = 7.0
PORT_RADIUS = 5.0
PORT_REACH = 13.0  # how far from a port's middle it can be grasped
BADGE_RADIUS = 9.5
MARGIN = 14.0  # what stands out around a node: ports, badge, shadow, outline
STRIP_MOST = 76.0
STRIP_LEAST = 22.0
CAPTION = 17.0
INSET = 9.0  # between the edge of a node and what is written in it
GAP_X, GAP_Y = 52.0, 40.0  # between nodes that the program places
SNAP = 10.0
TOGGLE = QRectF(4.0, 4.0, 20.0, 20.0)  # in the header of a block: expands and collapses it
_TURN = 76.0  # how long a wire takes to change into its lane
_LANE_GAP = 24.0  # between a lane and the nodes it passes
_LANES_APART = 12.0
_CLEAR = 5.0
_BACK = 24.0  # a wire that ends this far to the left of its start turns around
Taken = tuple[float, float, float]  # a lane in use: from x, to x, height


def as_rect(rect: QRectF) -> Rect:
    """A rectangle as the document has it."""
    return rect.left(), rect.top(), rect.width(), rect.height()


def port_y(index: int) -> float:
    """How far below a node's top the middle of its ``index``-th port is."""
    return HEADER + PADDING + ROW * (index + 0.5)


def on_grid(point: QPointF) -> QPointF:
    """The nearest point of the grid on which what is placed comes to lie."""
    return QPointF(round(point.x() / SNAP) * SNAP, round(point.y() / SNAP) * SNAP)


def body_height(rows: int, has_foot: bool) -> float:
    """Height of a node with so many lines of ports, without a strip."""
    return HEADER + 2 * PADDING + ROW * rows + (FOOT if has_foot else 0.0)


def strip_height(width: int, height: int, caption: bool) -> float:
    """Height that a picture of this size takes inside a node, with its caption."""
    room = NODE_WIDTH - 2 * INSET
    fitting = room * height / max(width, 1)
    return min(STRIP_MOST, max(STRIP_LEAST, fitting)) + PADDING + (CAPTION if caption else 0.0)


def strip_in(room: float, width: int, height: int, caption: bool) -> tuple[float, bool]:
    """Height that a picture takes where there is only so much room, and whether its caption is there, too.

    The caption goes first, then the picture becomes lower; where even the lowest has no room there is none.
    """
    wanted = strip_height(width, height, caption)
    if wanted <= room:
        return wanted, caption
    given = min(strip_height(width, height, False), room)
    return (given, False) if given >= STRIP_LEAST + PADDING else (0.0, False)


@dataclass(frozen=True, slots=True)
class Lane:
    """The level part of a wire that goes around nodes: its height, and how long the turns into and out of it are."""

    y: float
    turn_in: float = _TURN
    turn_out: float = _TURN


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """A wire from an output to an input: leaves and arrives level."""
    across, down = end.x() - start.x(), end.y() - start.y()
    if across < -_BACK:
        return _back(start, end, default_back(start, end))
    path = QPainterPath(start)
    if across > 0 and abs(down) < 0.75:
        path.lineTo(end)
        return path
    reach = max(across * 0.5, min(abs(down) * 0.6, 60.0), 18.0)
    path.cubicTo(start.x() + reach, start.y(), end.x() - reach, end.y(), end.x(), end.y())
    return path


def default_back(start: QPointF, end: QPointF) -> Lane:
    """Where a wire that runs to the left crosses over if nothing stands in the way."""
    apart = abs(end.y() - start.y())
    y = (start.y() + end.y()) / 2 if apart > 130 else max(start.y(), end.y()) + 90
    return Lane(y, 46.0, 46.0)


def along(start: QPointF, end: QPointF, lane: Lane) -> QPainterPath:
    """A wire that runs along ``lane`` between its ends, around what stands in the way."""
    if end.x() - start.x() < -_BACK:
        return _back(start, end, lane)
    path = QPainterPath(start)
    most = max((end.x() - start.x()) / 2, 1.0)
    into, out, y = min(lane.turn_in, most), min(lane.turn_out, most), lane.y
    path.cubicTo(start.x() + into * 0.6, start.y(), start.x() + into * 0.4, y, start.x() + into, y)
    path.lineTo(end.x() - out, y)
    path.cubicTo(end.x() - out * 0.4, y, end.x() - out * 0.6, end.y(), end.x(), end.y())
    return path


def _back(start: QPointF, end: QPointF, lane: Lane) -> QPainterPath:
    """Out to the right, over to the left, and in from the left, with round bends."""
    path = QPainterPath(start)
    into, out = lane.turn_in, lane.turn_out
    path.cubicTo(start.x() + into, start.y(), start.x() + into, lane.y, start.x(), lane.y)
    path.lineTo(end.x(), lane.y)
    path.cubicTo(end.x() - out, lane.y, end.x() - out, end.y(), end.x(), end.y())
    return path


def _samples(start: QPointF, end: QPointF) -> tuple[list[float], list[float]]:
    """Points on the plain curve of a wire that runs to the right, as x (rising) and y."""
    across, down = end.x() - start.x(), end.y() - start.y()
    count = max(4, ceil(across / 40.0))
    xs, ys = [], []
    for step in range(1, count):
        t = step / count
        eased = t * t * (3 - 2 * t)
        xs.append(start.x() + across * (1.5 * t * (1 - t) + t * t * t))  # control points stand half way across
        ys.append(start.y() + down * eased)
    return xs, ys


def _passes(rect: QRectF, xs: Sequence[float], ys: Sequence[float]) -> bool:
    """Whether the points come into ``rect`` or too close to it."""
    top, bottom = rect.top() - _CLEAR, rect.bottom() + _CLEAR
    first, last = bisect_left(xs, rect.left() - _CLEAR), bisect_right(xs, rect.right() + _CLEAR)
    return any(top <= y <= bottom for y in ys[first:last])


def lane_for(
    start: QPointF, end: QPointF, obstacles: Callable[[QRectF], Iterable[QRectF]], taken: Sequence[Taken] = ()
) -> Lane | None:
    """The lane on which a wire should pass the nodes in its way; None if the plain curve is free.

    ``obstacles`` gives the nodes near a rectangle, without the two that the wire joins; ``taken`` the lanes of
    other wires.
    """
    if end.x() - start.x() < -_BACK:
        return _lane_back(start, end, obstacles, taken)
    if end.x() - start.x() < 2 * _TURN:
        return None
    corridor = QRectF(start, end).normalized().adjusted(0, -_CLEAR, 0, _CLEAR)
    near = list(obstacles(corridor))
    if not near:
        return None
    xs, ys = _samples(start, end)
    hit = [rect for rect in near if _passes(rect, xs, ys)]
    if not hit:
        return None
    left, right = start.x() + _TURN * 0.5, end.x() - _TURN * 0.5
    below = max(rect.bottom() for rect in hit) + _LANE_GAP
    above = min(rect.top() for rect in hit) - _LANE_GAP
    below = _free_lane(below, 1, left, right, obstacles, taken)
    above = _free_lane(above, -1, left, right, obstacles, taken)
    y = min((below, above), key=lambda lane: abs(lane - start.y()) + abs(lane - end.y()))
    return Lane(y, _turn(start, y, 1, obstacles), _turn(end, y, -1, obstacles))


def _turn(port: QPointF, y: float, direction: int, obstacles: Callable[[QRectF], Iterable[QRectF]]) -> float:
    """How long the turn between a port and a lane may be, so that it stays before the next column of nodes."""
    beside = QRectF(min(port.x(), port.x() + direction * _TURN), min(port.y(), y), _TURN, abs(y - port.y()))
    edges = [abs((box.left() if direction > 0 else box.right()) - port.x()) for box in obstacles(beside)]
    return max(36.0, min(_TURN, *edges)) if edges else _TURN


def _lane_back(
    start: QPointF, end: QPointF, obstacles: Callable[[QRectF], Iterable[QRectF]], taken: Sequence[Taken]
) -> Lane:
    plain = default_back(start, end)
    left, right = end.x() - 30, start.x() + 30
    below = _free_lane(plain.y, 1, left, right, obstacles, taken)
    above = _free_lane(plain.y, -1, left, right, obstacles, taken)
    y = min((below, above), key=lambda lane: abs(lane - plain.y))
    return Lane(y, plain.turn_in, plain.turn_out)


def _free_lane(
    lane: float,
    direction: int,
    left: float,
    right: float,
    obstacles: Callable[[QRectF], Iterable[QRectF]],
    taken: Sequence[Taken],
) -> float:
    """The first free height from ``lane`` on, downwards (1) or upwards (-1)."""
    for _ in range(40):
        strip = QRectF(left, lane - _CLEAR, right - left, 2 * _CLEAR)
        in_way = [rect for rect in obstacles(strip) if rect.intersects(strip)]
        if in_way:
            edge = max(r.bottom() for r in in_way) if direction > 0 else min(r.top() for r in in_way)
            lane = edge + direction * _LANE_GAP
            continue
        crowded = any(
            begin < right and left < end and abs(height - lane) < _LANES_APART - 1 for begin, end, height in taken
        )
        if not crowded:
            break
        lane += direction * _LANES_APART
    return lane


def points_along(path: QPainterPath) -> list[QPointF]:
    """The path as straight pieces, fine enough to be hit by the mouse."""
    polygons: list[QPolygonF] = path.toSubpathPolygons()
    return [point for polygon in polygons for point in polygon.toList()]


def distance(point: QPointF, points: Sequence[QPointF]) -> float:
    """How far ``point`` is from a line through ``points``."""
    best = float("inf")
    px, py = point.x(), point.y()
    for first, second in pairwise(points):
        ax, ay = first.x(), first.y()
        dx, dy = second.x() - ax, second.y() - ay
        length = dx * dx + dy * dy
        along = 0.0 if length == 0 else max(0.0, min(1.0, ((px - ax) * dx + (py - ay) * dy) / length))
        best = min(best, hypot(px - ax - along * dx, py - ay - along * dy))
    return best
