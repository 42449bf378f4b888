"""Click and drag frames and notes, and make them larger or smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt

from app.core.commands import PlaceFrames
from app.ui.canvas import geometry as g
from app.ui.canvas.frames.figures import Sides, dragged
from app.ui.canvas.tools.base import Pointer, Tool
from app.ui.canvas.tools.move import CarryTool

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView

CURSORS: dict[Sides, Qt.CursorShape] = {
    "": Qt.CursorShape.SizeAllCursor,
    "n": Qt.CursorShape.SizeVerCursor,
    "s": Qt.CursorShape.SizeVerCursor,
    "w": Qt.CursorShape.SizeHorCursor,
    "e": Qt.CursorShape.SizeHorCursor,
    "nw": Qt.CursorShape.SizeFDiagCursor,
    "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor,
    "sw": Qt.CursorShape.SizeBDiagCursor,
}


class MoveFrame(CarryTool):
    """Moves the pressed frame, and what else is selected, with everything that stands in it."""

    cursor = CURSORS[""]

    def __init__(self, canvas: GraphView, name: str) -> None:
        super().__init__(canvas, frames=(name,))
        self._name = name

    def _snapped(self, offset: QPointF, free: bool) -> QPointF:
        corner = self.canvas.scene.frames[self._name].rect.topLeft()
        return offset if free else g.on_grid(corner + offset) - corner


class ResizeFrame(Tool):
    """Drags some sides of a frame."""

    def __init__(self, canvas: GraphView, name: str, sides: Sides) -> None:
        super().__init__(canvas)
        self._name, self._sides = name, sides
        self.cursor = CURSORS[sides]

    def press(self, at: Pointer) -> None:
        super().press(at)
        self._from = QPointF(at.scene)
        self._rect = QRectF(self.canvas.scene.frames[self._name].rect)
        if self._name not in self.canvas.selected_frames:
            self.canvas.select((), (self._name,))

    def move(self, at: Pointer) -> None:
        if not self._drags(at):
            return
        offset = at.scene - self._from
        if not at.free and self.canvas.snaps:
            offset = self._on_grid(offset)
        self.canvas.scene.frames[self._name].shown = dragged(self._rect, self._sides, offset.x(), offset.y())
        self.canvas.update()

    def _on_grid(self, offset: QPointF) -> QPointF:
        """The sides that move come to lie on the grid."""
        rect, sides = self._rect, self._sides
        x = rect.left() if "w" in sides else rect.right()
        y = rect.top() if "n" in sides else rect.bottom()
        return g.on_grid(QPointF(x, y) + offset) - QPointF(x, y)

    def release(self, at: Pointer) -> None:
        figure = self.canvas.scene.frames[self._name]
        rect = QRectF(figure.rect)
        self.cancel()
        if self.dragging and rect != self._rect:
            if "s" not in self._sides:
                rect.setBottom(rect.bottom() - figure.overhang)
            self.canvas.do_step(PlaceFrames(self.canvas.where, {self._name: g.as_rect(rect)}))

    def cancel(self) -> None:
        self.canvas.scene.let_go()
        self.canvas.update()
