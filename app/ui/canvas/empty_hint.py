"""What an empty drawing says: how to begin."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter

from app.ui import icons, theme
from app.ui.canvas.ink import font

_MAIN = (
    "An empty drawing",
    (
        "Drag a layer here from the list on the left, or press Tab to search for one.",
        "Begin with data, such as Handwritten digits, then add layers and a loss.",
        "File > Open template has finished drawings to start from.",
    ),
)
_BLOCK = (
    "An empty block",
    (
        "Drag layers here, and a Block input and a Block output: they are its ports.",
        "Double-click, or press Tab, to search for a layer.",
    ),
)


def paint(painter: QPainter, size: QSize, inside: bool) -> None:
    """Write the hint into the middle of a widget of this size."""
    title, lines = _BLOCK if inside else _MAIN
    centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    width = min(size.width() - 40.0, 620.0)
    left, top = (size.width() - width) / 2, size.height() / 2 - 84
    mark = QRectF(size.width() / 2 - 24, top, 48, 48)
    icons.paint(painter, "netloom", mark, theme.color("canvas.hint.soft"))
    painter.setPen(theme.color("canvas.hint"))
    painter.setFont(font(19, QFont.Weight.DemiBold))
    painter.drawText(QRectF(left, top + 58, width, 30), centre, title)
    painter.setFont(font(14))
    painter.setPen(theme.color("canvas.hint.soft"))
    painter.drawText(QRectF(left, top + 94, width, 160), centre, "\n".join(lines))
