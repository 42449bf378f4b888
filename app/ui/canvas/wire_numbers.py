"""Numbers on the wires: the value above, the gradient that comes back below it, in another colour."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from app.ui import theme
from app.ui.canvas.figures import OnWires, WireFigure
from app.ui.canvas.ink import LARGEST_PIXELS, READABLE, TEXT_PIXELS, Ink

_LEADING = 1.25  # lines by their letters
_PAD = 3


def paint_on_wires(painter: QPainter, ink: Ink, scale: float, wires: Iterable[WireFigure], said: OnWires) -> None:
    """Write what goes over each wire into the middle of it, on top of what stands there."""
    size = max(TEXT_PIXELS, min(LARGEST_PIXELS, round(READABLE / scale)))
    size = max(size, ink.letters(scale))
    line = size * _LEADING
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(ink.text_fonts[size])
    for figure in wires:
        values, gradients = said.get(figure.wire, ((), ()))
        if not values:
            continue
        wide = max(ink.width(text) for text in (*values, *gradients)) * size / TEXT_PIXELS
        start, end = figure.start, figure.end
        height = figure.lane.y if figure.lane is not None else (start.y() + end.y()) / 2
        middle = QPointF((start.x() + end.x()) / 2, height)
        high = line * (len(values) + len(gradients))
        # Below the wire, so that it can be followed; a single pair has the wire between its two numbers.
        top = middle.y() - line - 1 if len(values) == 1 else middle.y() + _PAD
        box = QRectF(middle.x() - wide / 2 - _PAD, top, wide + 2 * _PAD, high + 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("wire.label.back"))
        painter.drawRoundedRect(box, 4, 4)
        for place, text in enumerate((*values, *gradients)):
            painter.setPen(theme.color("wire.label.text" if place < len(values) else "error"))
            row = QRectF(box.left(), top + 1 + place * line, box.width(), line)
            painter.drawText(row, Qt.AlignmentFlag.AlignCenter, text)
