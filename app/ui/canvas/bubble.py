"""A few words beside the pointer while a gesture goes on."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.ui import theme
from app.ui.canvas.ink import font

_MOST_WIDE = 330.0


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
