"""Paints the marks of lines over a pair of axes with Qt."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF

from app.insight.numbers import NumberFormat
from app.insight.plots import Box, Ink, Stroke, line_marks, places
from app.insight.tiles import Tiles
from app.ui import theme

_ROLES = {"ink": "text", "soft": "text.soft", "faint": "border"}


def paint_lines(painter: QPainter, area: QRect, tiles: Tiles, metrics: QFontMetrics) -> None:
    """The lines of ``tiles`` in ``area``, with their legend and axes."""
    line = float(metrics.height())
    marks = line_marks(tiles, area.width(), area.height(), line, lambda word: float(metrics.horizontalAdvance(word)))
    painter.save()
    painter.translate(area.topLeft())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for mark in marks:
        colour = _colour(mark.ink)
        if isinstance(mark, Stroke):
            pen = QPen(colour, mark.width)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            if mark.dashed:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in mark.points]))
        elif isinstance(mark, Box):
            painter.fillRect(QRectF(mark.x, mark.y, mark.width, mark.height), colour)
        else:
            painter.setPen(colour)
            left = mark.x - mark.align * metrics.horizontalAdvance(mark.text)
            painter.drawText(QPointF(left, mark.y + metrics.ascent()), mark.text)
    painter.restore()


def _colour(ink: Ink) -> QColor:
    return theme.color(_ROLES[ink]) if isinstance(ink, str) else QColor(*ink)


def words_of_lines(tiles: Tiles, area: QRect, x: int, y: int, metrics: QFontMetrics) -> str:
    """What the lines are at this place of ``area``: ``0.25: weight 12, bias 3``; empty beside them."""
    if not area.contains(x, y):
        return ""
    marks = line_marks(
        tiles, area.width(), area.height(), float(metrics.height()), lambda word: float(metrics.horizontalAdvance(word))
    )
    strokes = [mark for mark in marks if isinstance(mark, Stroke)]
    if len(strokes) < tiles.count:
        return ""
    drawn = strokes[-tiles.count].points
    at = places(tiles)
    if len(at) == 1:
        index = 0
    else:
        index = min(range(len(drawn)), key=lambda each: abs(drawn[each][0] + area.left() - x))
    gaps = [abs(float(b - a)) for a, b in pairwise(at)] or [1.0]
    below = NumberFormat([float(at.min()), float(at.max())], step=min(gaps) or 1.0)
    number = NumberFormat((tiles.low, tiles.high), percent=tiles.percent)
    said = [
        f"{tiles.labels[row] if row < len(tiles.labels) else row} {number.exact(float(tiles.maps[row, 0, index]))}"
        for row in range(min(tiles.count, 12))
    ]
    return f"{tiles.x_label or 'place'} {below(float(at[index]))}: {', '.join(said)}"
