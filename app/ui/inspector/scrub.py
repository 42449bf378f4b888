"""Dragging a number: to the right it grows, to the left it shrinks; Shift in small steps, Ctrl in large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

if TYPE_CHECKING:
    from app.ui.inspector.boxes import NumberBox

DRAG_FROM = 4.0  # pixels; less is a click with an unsteady hand
PIXELS_PER_STEP = 6.0
FINE, COARSE = 0.1, 10.0
TIP = "Drag to the side to change it: Shift in finer steps, Ctrl in coarser ones, Escape takes it back"
_MOUSE = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease)


class Scrub(QObject):
    """The gesture on one number box. It begins on the number, while nobody types in it, or on a label of the box.

    ``begun`` comes before the first change; ``ended`` tells whether the new value is kept. After a cancel the box has
    the value from before again.
    """

    begun = Signal()
    ended = Signal(bool)

    def __init__(self, box: NumberBox) -> None:
        super().__init__(box)
        self._box = box
        self._handles: list[QWidget] = []
        self._held: QWidget | None = None  # where the button went down
        self._from = QPointF()
        self._last = 0.0
        self._steps = 0.0
        self._first: float = 0
        self.dragging = False
        box.installEventFilter(self)
        self.add_handle(box.lineEdit())

    def add_handle(self, handle: QWidget) -> None:
        """Let the number be dragged from this widget too."""
        self._handles.append(handle)
        handle.installEventFilter(self)
        handle.setCursor(Qt.CursorShape.SizeHorCursor)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.dragging and self._ends(watched, event):
            return True
        if watched is self._box:
            if isinstance(event, QFocusEvent) and event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
                writing = event.type() == QEvent.Type.FocusIn
                self._box.lineEdit().setCursor(Qt.CursorShape.IBeamCursor if writing else Qt.CursorShape.SizeHorCursor)
            return False
        if isinstance(event, QMouseEvent) and event.type() in _MOUSE and isinstance(watched, QWidget):
            return self._mouse(watched, event)
        return False

    def _mouse(self, handle: QWidget, event: QMouseEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            writing = handle is self._box.lineEdit() and self._box.hasFocus()
            if event.button() != Qt.MouseButton.LeftButton or writing or not self._box.isEnabled():
                return False
            if not self._box.isVisible():
                return False
            self._held = handle
            self._from = event.globalPosition()
            return True
        if self._held is not handle:
            return False
        if event.type() == QEvent.Type.MouseMove:
            self._move(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._release(handle, event)
        return True

    def _move(self, event: QMouseEvent) -> None:
        x = event.globalPosition().x()
        if not self.dragging:
            if abs(x - self._from.x()) < DRAG_FROM:
                return
            self.dragging = True
            self._last = self._from.x()
            self._steps = 0.0
            self._first = self._box.value()
            # Escape comes to whatever has the focus, and losing the window ends the gesture.
            QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
            self.begun.emit()
        keys = event.modifiers()
        factor = 1.0
        if keys & Qt.KeyboardModifier.ShiftModifier:
            factor = FINE
        elif keys & Qt.KeyboardModifier.ControlModifier:
            factor = COARSE
        self._steps += (x - self._last) / PIXELS_PER_STEP * factor
        self._last = x
        self._box.drag_to(self._first, self._steps, fine=factor < 1)

    def _release(self, handle: QWidget, event: QMouseEvent) -> None:
        if self.dragging:
            self._finish(True)
            return
        self._held = None
        if isinstance(handle, QLineEdit):
            # A click: now somebody wants to type.
            self._box.setFocus(Qt.FocusReason.MouseFocusReason)
            handle.setCursorPosition(handle.cursorPositionAt(event.position().toPoint()))

    def _ends(self, watched: QObject, event: QEvent) -> bool:
        """Whether the event ended the gesture, or belongs to it."""
        kind = event.type()
        if kind in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride) and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                if kind == QEvent.Type.KeyPress:
                    self._finish(False)
                return True
        elif (kind == QEvent.Type.Hide and watched is self._held) or kind == QEvent.Type.ApplicationDeactivate:
            self._finish(False)
        return False

    def _finish(self, keep: bool) -> None:
        self.dragging = False
        self._held = None
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        if not keep:
            self._box.setValue(self._first)
        self.ended.emit(keep)
