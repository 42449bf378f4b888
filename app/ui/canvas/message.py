"""A sentence that stands where the hand is for a while, such as why a wire was refused."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.canvas.ink import font
from app.ui.pace import later

_LEAST_MS, _MS_PER_LETTER = 2500, 45  # long enough to be read once
_MOST_WIDE = 330.0  # pixels
_FAR = 160.0  # pixels; a hand that is so far away has gone on to something else


class CanvasMessage(QObject):
    """One sentence over a canvas. It goes after a while, and as soon as the hand does something else."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.text = ""
        self.at = QPointF()  # in pixels of the canvas
        self._timer = later(self, self.end)

    def say(self, at: QPointF, text: str) -> None:
        """Show ``text`` beside a point of the canvas."""
        self.at, self.text = QPointF(at), text
        self._timer.start(_LEAST_MS + _MS_PER_LETTER * len(text))
        self._canvas.update()

    def end(self) -> None:
        """Take the sentence away."""
        if self.text:
            self.text = ""
            self._timer.stop()
            self._canvas.update()

    def follow(self, pointer: QPointF) -> None:
        """Take it away if the hand has gone on."""
        if self.text and (pointer - self.at).manhattanLength() > _FAR:
            self.end()

    def paint(self, painter: QPainter) -> None:
        """Draw the sentence, if there is one."""
        if self.text:
            paint_bubble(painter, self._canvas.size(), self.at, self.text, theme.color("wire.error"))


def paint_bubble(painter: QPainter, size: QSize, at: QPointF, text: str, edge: QColor) -> None:
    """Draw ``text`` near ``at`` (pixels of the widget), inside a widget of this size, framed in ``edge``."""
    letters = font(13)
    metrics = QFontMetricsF(letters)
    flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft)
    room = QRectF(0, 0, min(_MOST_WIDE, size.width() - 40.0), 1000)
    words = metrics.boundingRect(room, flags, text)
    box = QRectF(at.x() + 18, at.y() + 16, words.width() + 21, words.height() + 13)
    if box.right() > size.width() - 6:
        box.moveRight(min(at.x() - 14, size.width() - 6.0))
    if box.bottom() > size.height() - 6:
        box.moveBottom(at.y() - 14)
    box.moveLeft(max(box.left(), 6.0))
    box.moveTop(max(box.top(), 6.0))
    painter.setPen(QPen(edge, 1.4))
    painter.setBrush(theme.color("tooltip"))
    painter.drawRoundedRect(box, 6, 6)
    painter.setFont(letters)
    painter.setPen(theme.color("tooltip.text"))
    painter.drawText(box.adjusted(10, 6, -10, -6), flags, text)
