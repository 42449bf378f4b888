"""The list of what was done to the copy; empty, it says how something comes into it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QListWidget

from app.ui import scale, theme

NOTHING_DONE = "Nothing is done yet. Paint on the picture, or press Off: what is done stands here."


class DoneList(QListWidget):
    """What was done, one line each."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.count():
            return
        with QPainter(self.viewport()) as painter:
            painter.setPen(theme.color("text.soft"))
            edge = scale.px(6)
            place = self.viewport().rect().adjusted(edge, edge, -edge, -edge)
            painter.drawText(place, Qt.TextFlag.TextWordWrap, NOTHING_DONE)
