"""Pulls what is dragged into line with its neighbours: edges, middles and ports; else onto the grid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from app.ui import theme
from app.ui.canvas import geometry as g
from app.ui.canvas.camera import Camera
from app.ui.canvas.figures import NodeFigure
from app.ui.canvas.scene import Scene

NEAR_X, NEAR_Y = 620.0, 380.0  # units: what is further away is no neighbour
_PULL = 9.0  # pixels of the screen, but not less or more than these units of the drawing:
_LEAST, _MOST = 4.0, 14.0
_SAME = 0.5
_BEYOND = 10.0  # units: a guide stands out so far over what it joins


@dataclass(frozen=True, slots=True)
class SnapOffset:
    """One way to fall into line: what is missing (units), where the line would be, and how far it reaches.

    ``rank`` tells what is shown of several that agree: 0 a wire that becomes straight, 1 edges, 2 ports, 3 middles.
    """

    missing: float
    at: float
    begin: float
    end: float
    rank: int


@dataclass(frozen=True, slots=True)
class DraggedBox:
    """What is dragged, where it stood: its box, and the heights of its ports."""

    box: QRectF
    inputs: tuple[float, ...] = ()
    outputs: tuple[float, ...] = ()
    name: str = ""

    @staticmethod
    def of(figure: NodeFigure) -> DraggedBox:
        """A node of the drawing."""
        inputs = tuple(figure.input_at(port.name).y() for port in figure.look.inputs)
        outputs = tuple(figure.output_at(port.name).y() for port in figure.look.outputs)
        return DraggedBox(figure.rect, inputs, outputs, figure.name)


class Snapper:
    """Snaps one drag. ``guides`` are the lines, in units of the drawing, that show why."""

    def __init__(self, scene: Scene, dragged: DraggedBox, lifted: Collection[str] = frozenset()) -> None:
        self._scene = scene
        self._dragged = dragged
        self._lifted = lifted
        self.guides: list[QLineF] = []

    def snapped(self, offset: QPointF, scale: float, free: bool = False) -> QPointF:
        """The offset that lies in line with a neighbour or on the grid, if one is close at this zoom."""
        self.guides = []
        if free:
            return offset
        reach = min(_MOST, max(_LEAST, _PULL / scale))
        box = self._dragged.box.translated(offset)
        near = self._near(box)
        x, down_lines = _best(self._across(box, near), reach)
        y, level_lines = _best([*self._straight_wires(offset), *self._level(box, offset, near)], reach)
        result = QPointF(
            offset.x() + x if x is not None else round(box.left() / g.SNAP) * g.SNAP - self._dragged.box.left(),
            offset.y() + y if y is not None else round(box.top() / g.SNAP) * g.SNAP - self._dragged.box.top(),
        )
        final = self._dragged.box.translated(result)
        for pull in down_lines:
            begin, end = min(pull.begin, final.top()) - _BEYOND, max(pull.end, final.bottom()) + _BEYOND
            self.guides.append(QLineF(pull.at, begin, pull.at, end))
        for pull in level_lines:
            begin, end = min(pull.begin, final.left()), max(pull.end, final.right())
            if pull.rank:  # a straight wire is seen by itself
                begin, end = begin - _BEYOND, end + _BEYOND
            self.guides.append(QLineF(begin, pull.at, end, pull.at))
        return result

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Draw the guides, in pixels of the widget."""
        if not self.guides:
            return
        painter.setPen(QPen(theme.color("accent"), 1.0))
        # On whole pixels: a thin line that falls between two would be two faint ones.
        for line in self.guides:
            start, end = camera.to_view(line.p1()), camera.to_view(line.p2())
            painter.drawLine(
                QPointF(round(start.x()) + 0.5, round(start.y()) + 0.5),
                QPointF(round(end.x()) + 0.5, round(end.y()) + 0.5),
            )

    def _near(self, box: QRectF) -> list[NodeFigure]:
        area = box.adjusted(-NEAR_X, -NEAR_Y, NEAR_X, NEAR_Y)
        return [figure for figure in self._scene.nodes_in(area) if figure.name not in self._lifted]

    def _across(self, box: QRectF, near: Iterable[NodeFigure]) -> list[SnapOffset]:
        """Left, right and middle in line with those of a neighbour."""
        own = box.left(), box.right(), box.center().x()
        found = []
        for rect in (figure.rect for figure in near):
            theirs = rect.left(), rect.right(), rect.center().x()
            found += _edges(own, theirs, rect.top(), rect.bottom())
        return found

    def _level(self, box: QRectF, offset: QPointF, near: Iterable[NodeFigure]) -> list[SnapOffset]:
        """Top, bottom and middle level with those of a neighbour, and ports with those they could be wired to."""
        own_edges = box.top(), box.bottom(), box.center().y()
        dragged, down = self._dragged, offset.y()
        found = []
        for figure in near:
            rect = figure.rect
            begin, end = rect.left(), rect.right()
            found += _edges(own_edges, (rect.top(), rect.bottom(), rect.center().y()), begin, end)
            facing = figure.look.inputs if rect.left() >= box.right() else ()
            for port in facing:
                other = figure.input_at(port.name).y()
                found.extend(SnapOffset(other - own - down, other, begin, end, 2) for own in dragged.outputs)
            facing = figure.look.outputs if rect.right() <= box.left() else ()
            for port in facing:
                other = figure.output_at(port.name).y()
                found.extend(SnapOffset(other - own - down, other, begin, end, 2) for own in dragged.inputs)
        return found

    def _straight_wires(self, offset: QPointF) -> list[SnapOffset]:
        """Wires between the dragged node and standing ones that would become straight, however long."""
        scene, name = self._scene, self._dragged.name
        found = []
        for line in scene.wires_of((name,)) if name else ():
            wire = line.wire
            if (wire.source in self._lifted) == (wire.target in self._lifted):
                continue
            start = scene.nodes[wire.source].output_at(wire.source_port)
            end = scene.nodes[wire.target].input_at(wire.target_port)
            fixed, own = (end, start) if wire.source == name else (start, end)
            found.append(SnapOffset(fixed.y() - own.y() - offset.y(), fixed.y(), fixed.x(), fixed.x(), 0))
        return found


def _edges(own: Sequence[float], theirs: Sequence[float], begin: float, end: float) -> list[SnapOffset]:
    """Two edges and the middle of a box, each in line with that of another box."""
    return [
        SnapOffset(other - mine, other, begin, end, rank)
        for mine, other, rank in zip(own, theirs, (1, 1, 3), strict=True)
    ]


def _best(pulls: Iterable[SnapOffset], reach: float) -> tuple[float | None, list[SnapOffset]]:
    """The least that is missing, a wire before anything else, and what to show for it; None if all is far."""
    within = [pull for pull in pulls if abs(pull.missing) <= reach]
    if not within:
        return None, []
    best = min(within, key=lambda pull: (pull.rank > 0, abs(pull.missing), pull.rank)).missing
    agreeing = [pull for pull in within if abs(pull.missing - best) < _SAME]
    rank = min(pull.rank for pull in agreeing)
    lines: dict[float, SnapOffset] = {}
    for pull in agreeing:
        if pull.rank != rank:
            continue
        same = lines.get(pull.at)
        begin, end = (min(pull.begin, same.begin), max(pull.end, same.end)) if same else (pull.begin, pull.end)
        lines[pull.at] = SnapOffset(pull.missing, pull.at, begin, end, rank)
    return best, list(lines.values())
