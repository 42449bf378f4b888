"""What panels that lie over others have in common: their look, and that what is below hears nothing of them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QWidget

from app.ui import theme

# Why a field with the focus loses it for a moment: to another window, or to a menu. The keys come back by themselves.
STAYS = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


def dress(panel: QFrame, edge: str = "border", radius: int = 8) -> None:
    """Give a panel with an object name the colours of the theme in use."""
    ground, border = theme.color("panel").name(), theme.color(edge).name()
    look = f"background: {ground}; border: 1px solid {border}; border-radius: {radius}px;"
    panel.setStyleSheet(f"#{panel.objectName()} {{ {look} }}")


def empty(column: QBoxLayout, parts: list[QWidget]) -> None:
    """Take the parts out of a layout, for others."""
    for part in parts:
        column.removeWidget(part)
        part.hide()
        part.deleteLater()
    parts.clear()


class Overlay(QFrame):
    """A panel over the canvas or the window. The mouse on it is no gesture on the canvas, and the wheel no zoom."""

    def __init__(self, canvas: QWidget, name: str, title: str) -> None:
        super().__init__(canvas)
        self.setObjectName(name)
        self.setAccessibleName(title)
        theme.notifier.changed.connect(self._renew)
        self.hide()

    def _renew(self, _: theme.Theme) -> None:
        dress(self)

    @property
    def area(self) -> QRect:
        """Where on the canvas it may be."""
        canvas = self.parentWidget()
        assert canvas is not None
        return canvas.rect().adjusted(6, 6, -6, -6)

    def put(self, at: QPoint, height: int) -> None:
        """Move there, or to where it lies on the canvas wholly if it is so high."""
        area = self.area
        x = max(area.left(), min(at.x(), area.right() - self.width()))
        self.move(x, max(area.top(), min(at.y(), area.bottom() - height)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
