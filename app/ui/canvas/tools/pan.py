"""Move the view: middle button, or Space and any button."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from app.ui.canvas.tools.base import Pointer, Tool


class PanTool(Tool):
    """The drawing follows the hand."""

    cursor = Qt.CursorShape.ClosedHandCursor
    pans_at_edge = False

    def press(self, at: Pointer) -> None:
        super().press(at)
        self._last = QPointF(at.view)
        self._before = self.canvas.camera.place

    def move(self, at: Pointer) -> None:
        step = at.view - self._last
        self._last = QPointF(at.view)
        self.canvas.pan_by(step.x(), step.y())

    def cancel(self) -> None:
        self.canvas.camera.place = self._before
        self.canvas.update()
