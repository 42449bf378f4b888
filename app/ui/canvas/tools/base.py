"""What every gesture is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView

DRAG_FROM = 4.0  # pixels; less is a click with an unsteady hand


@dataclass(frozen=True, slots=True)
class Pointer:
    """The mouse: in pixels of the widget, in units of the drawing, and the keys held meanwhile."""

    view: QPointF
    scene: QPointF
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    @property
    def adding(self) -> bool:
        """Whether Shift or Ctrl is held: the selection grows instead of starting over."""
        return bool(self.keys & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))

    @property
    def copying(self) -> bool:
        """Whether Ctrl is held: what is dragged stays, and a copy of it goes where the hand lets go."""
        return bool(self.keys & Qt.KeyboardModifier.ControlModifier)

    @property
    def free(self) -> bool:
        """Whether Alt is held: nothing snaps."""
        return bool(self.keys & Qt.KeyboardModifier.AltModifier)


class Tool:
    """One gesture from press to release. It changes nothing in the document before ``release``."""

    cursor = Qt.CursorShape.ArrowCursor
    pans_at_edge = True  # whether the view moves while the gesture is close to the edge of the canvas

    def __init__(self, canvas: GraphView) -> None:
        self.canvas = canvas
        self.dragging = False
        self._start = QPointF()

    @property
    def began_at(self) -> QPointF:
        """Where the button went down, in pixels of the widget."""
        return self._start

    def press(self, at: Pointer) -> None:
        """The button went down here."""
        self._start = at.view

    def move(self, at: Pointer) -> None:
        """The mouse moved with the button held."""

    def release(self, at: Pointer) -> None:
        """The button came up; now the document may change, once."""

    def cancel(self) -> None:
        """Escape, or the window lost the mouse: everything is as before."""

    def paint(self, painter: QPainter) -> None:
        """Draw what the gesture shows, over everything else, in pixels of the widget."""

    def _drags(self, at: Pointer) -> bool:
        """Whether this is a drag by now and no longer a click."""
        if not self.dragging and (at.view - self._start).manhattanLength() >= DRAG_FROM:
            self.dragging = True
        return self.dragging
