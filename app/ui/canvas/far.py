"""The whole drawing from afar: boxes by colour and straight wires, in a handful of painter calls."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from app.ui import theme
from app.ui.canvas import geometry as g
from app.ui.canvas.ink import Ink, cosmetic
from app.ui.canvas.scene import Scene
from app.ui.problems.entries import Kind


class _Depth:
    """Boxes and lines of the same depth: 0 stands on the canvas, 1 inside of an expanded block there, and so on."""

    def __init__(self) -> None:
        self.boxes: dict[tuple[str, bool], list[QRectF]] = {}
        self.rooms: list[QRectF] = []
        self.lines: dict[str | None, QPainterPath] = {}
        self.unfitting = QPainterPath()
        self.troubled: dict[Kind, list[QRectF]] = {}


class FarPicture:
    """Boxes and lines of a scene, gathered once after each change of it."""

    def __init__(self) -> None:
        self._version = -1
        self._depths: list[_Depth] = []

    def paint(self, painter: QPainter, scene: Scene, ink: Ink) -> None:
        """Draw everything that is not being dragged. The painter is in units of the drawing."""
        if self._version != scene.version:
            self._depths = []
            self._gather(scene, QPointF(), 0)
            self._version = scene.version
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for depth in self._depths:
            self._paint(painter, depth, ink)

    def _paint(self, painter: QPainter, depth: _Depth, ink: Ink) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for kind, path in depth.lines.items():
            painter.setPen(cosmetic(theme.wire(kind), 1.0))
            painter.drawPath(path)
        painter.setPen(cosmetic(ink.error, 1.0, Qt.PenStyle.DashLine))
        painter.drawPath(depth.unfitting)
        if depth.rooms:
            painter.setPen(cosmetic(ink.header("block")[0], 1.0))
            painter.setBrush(ink.room)
            painter.drawRects(depth.rooms)
        painter.setPen(Qt.PenStyle.NoPen)
        for (category, bypassed), boxes in depth.boxes.items():
            painter.setBrush(ink.header(category, bypassed)[0])
            painter.drawRects(boxes)
        # A mark that is seen at any distance: at least five pixels on each side.
        side = max(g.HEADER, 5.0 / painter.transform().m11())
        for kind, boxes in depth.troubled.items():
            painter.setBrush(ink.badges[kind])
            painter.drawRects([QRectF(box.right() - side, box.top(), side, side) for box in boxes])

    def _gather(self, scene: Scene, offset: QPointF, level: int) -> None:
        """Collect what a scene shows, whose origin is at ``offset``."""
        if level == len(self._depths):
            self._depths.append(_Depth())
        depth = self._depths[level]
        dx, dy = offset.x(), offset.y()
        lifted = scene.lifted
        for name, figure in scene.nodes.items():
            if name in lifted:
                continue
            look = figure.look
            box = QRectF(figure.x + dx, figure.y + dy, figure.width, figure.height)
            badge = figure.badge
            if badge is not None:
                depth.troubled.setdefault(badge, []).append(box)
            if figure.inside is None:
                depth.boxes.setdefault((look.category, look.pale), []).append(box)
                continue
            depth.rooms.append(box)
            header = QRectF(box.left(), box.top(), box.width(), g.HEADER)
            depth.boxes.setdefault((look.category, look.pale), []).append(header)
            self._gather(figure.inside.scene, box.topLeft() + figure.inside.origin, level + 1)
        for wire, line in scene.wires.items():
            if wire.source in lifted or wire.target in lifted:
                continue
            path = depth.lines.setdefault(line.kind, QPainterPath()) if line.fits else depth.unfitting
            start, end = line.start + offset, line.end + offset
            path.moveTo(start)
            if line.lane is not None:
                path.lineTo(QPointF(start.x() + 26, line.lane.y + dy))
                path.lineTo(QPointF(end.x() - 26, line.lane.y + dy))
            path.lineTo(end)
