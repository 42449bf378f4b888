"""Select with a frame drawn over the canvas, or clear the selection with a click."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from app.ui import theme
from app.ui.canvas.tools.base import Pointer, Tool


class SelectArea(Tool):
    """Selects the nodes that the band touches and the frames that lie in it; Shift or Ctrl adds to what already is."""

    def press(self, at: Pointer) -> None:
        super().press(at)
        self._from = QPointF(at.scene)
        self._to = QPointF(at.scene)
        self._before = self.canvas.selected, self.canvas.selected_frames
        self._kept: tuple[tuple[str, ...], tuple[str, ...]] = self._before if at.adding else ((), ())

    def move(self, at: Pointer) -> None:
        self._to = QPointF(at.scene)
        if not self._drags(at):
            return
        area = self._area()
        touched = [figure.name for figure in self.canvas.scene.nodes_in(area) if figure.rect.intersects(area)]
        nodes, frames = self._kept
        self.canvas.select((*nodes, *touched), (*frames, *self.canvas.scene.frames.wholly_in(area)))
        self.canvas.update()

    def release(self, at: Pointer) -> None:
        if not self.dragging and not at.adding:
            self.canvas.select(())
        self.canvas.update()

    def cancel(self) -> None:
        self.canvas.select(*self._before)
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        if not self.dragging:
            return
        painter.setPen(QPen(theme.color("canvas.band"), 1.0))
        painter.setBrush(theme.faded("canvas.band", 0.14))
        painter.drawRect(self.canvas.camera.rect_to_view(self._area()))

    def _area(self) -> QRectF:
        return QRectF(self._from, self._to).normalized()
