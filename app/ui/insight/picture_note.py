"""The note below a picture: one line in a low panel, all of it where there is room."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

MOST_LINES = 8
# So many lines of text a panel is high before its note may take a second one, and for each further.
LEAST_HIGH, MORE_HIGH = 14, 4
GAP = 2


def foot_height(note: str, width: int, height: int, metrics: QFontMetrics) -> int:
    """Points that a note takes below a picture in a room of this size, the gap above it with it; never less than a
    line takes, so that a picture does not jump when a note of one line comes."""
    line = metrics.height()
    allowed = min(MOST_LINES, max(1, 1 + (height // line - LEAST_HIGH + MORE_HIGH) // MORE_HIGH))
    if allowed > 1 and metrics.horizontalAdvance(note) > width:
        high = _wrapped(note, width, metrics)
        # Lines below each other may be a part of a point higher than one alone: as high as the text says that it is.
        needed = -(-high // metrics.lineSpacing())
        if needed <= allowed + 1 and high <= (allowed + 0.5) * metrics.lineSpacing():
            return max(line, high) + GAP
        return _wrapped("\n".join("x" * allowed), width, metrics) + GAP
    return line + GAP


def _wrapped(text: str, width: int, metrics: QFontMetrics) -> int:
    return metrics.boundingRect(0, 0, width, 100 * metrics.height(), Qt.TextFlag.TextWordWrap, text).height()


def height_for(note: str, width: int, metrics: QFontMetrics) -> int:
    """How high a room has to be so that all of the note may stand in it, or as many lines as it gets at most."""
    line = metrics.height()
    wrapped = metrics.boundingRect(0, 0, max(width, 1), 100 * line, Qt.TextFlag.TextWordWrap, note)
    lines = min(MOST_LINES, -(-wrapped.height() // metrics.lineSpacing()))
    return line * (LEAST_HIGH + MORE_HIGH * (lines - 2)) if lines > 1 else 0


def paint_foot(painter: QPainter, room: QRectF, note: str, metrics: QFontMetrics) -> None:
    """Write the note into its room; what does not fit ends with dots, as its tooltip says it whole."""
    if room.height() < 1.5 * metrics.height():
        text = metrics.elidedText(note, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.TextFlag.TextSingleLine, text)  # without a flag it is wrapped, and loses its dots
        return
    flags, wide, line = Qt.TextFlag.TextWordWrap, int(room.width()), metrics.lineSpacing()
    text, words = note, note.split()
    while words and metrics.boundingRect(0, 0, wide, 100 * line, flags, text).height() > room.height() + line // 4:
        words.pop()
        text = " ".join(words) + " …"
    painter.drawText(room, flags, text)
