"""The whole drawing from afar: boxes by colour and straight wires, in a handful of painter calls."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from app.ui import theme
from app.ui.canvas import geometry as g
from app.ui.canvas.ink import Ink, cosmetic
from app.ui.canvas.scene import Scene


class FarPicture:
    """Boxes and lines of a scene, gathered once after each change of it."""

    def __init__(self) -> None:
        self._version = -1
        self._boxes: dict[tuple[str, bool], list[QRectF]] = {}
        self._lines: dict[str | None, QPainterPath] = {}
        self._misfits = QPainterPath()
        self._troubled: list[QRectF] = []

    def paint(self, painter: QPainter, scene: Scene, ink: Ink) -> None:
        """Draw everything that is not being dragged. The painter is in units of the drawing."""
        if self._version != scene.version:
            self._gather(scene)
            self._version = scene.version
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for kind, path in self._lines.items():
            painter.setPen(cosmetic(theme.wire(kind), 1.0))
            painter.drawPath(path)
        painter.setPen(cosmetic(ink.error, 1.0, Qt.PenStyle.DashLine))
        painter.drawPath(self._misfits)
        painter.setPen(Qt.PenStyle.NoPen)
        for (category, muted), boxes in self._boxes.items():
            painter.setBrush(ink.header(category, muted)[0])
            painter.drawRects(boxes)
        if self._troubled:
            # A mark that is seen at any distance: at least five pixels on each side.
            side = max(g.HEADER, 5.0 / painter.transform().m11())
            painter.setBrush(ink.badge)
            painter.drawRects([QRectF(box.right() - side, box.top(), side, side) for box in self._troubled])

    def _gather(self, scene: Scene) -> None:
        self._boxes, self._lines, self._troubled = {}, {}, []
        self._misfits = QPainterPath()
        lifted = scene.lifted
        for name, figure in scene.nodes.items():
            if name in lifted:
                continue
            look = figure.look
            box = QRectF(figure.x, figure.y, g.NODE_WIDTH, figure.height)
            self._boxes.setdefault((look.category, look.muted), []).append(box)
            if figure.troubled:
                self._troubled.append(box)
        for wire, line in scene.wires.items():
            if wire.source in lifted or wire.target in lifted:
                continue
            path = self._lines.setdefault(line.kind, QPainterPath()) if line.fits else self._misfits
            start, end = line.start, line.end
            path.moveTo(start)
            if line.lane is not None:
                path.lineTo(QPointF(start.x() + 26, line.lane.y))
                path.lineTo(QPointF(end.x() - 26, line.lane.y))
            path.lineTo(end)
