"""Paints the marks of lines over a pair of axes with Qt."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF

from app.insight.numbers import NumberFormat
from app.insight.plots import MOST_NAMED, Box, Ink, Stroke, line_marks, places, rows_of
from app.insight.tiles import Tiles
from app.ui import theme

_ROLES = {"ink": "text", "soft": "text.soft", "faint": "border"}


def paint(painter: QPainter, area: QRect, tiles: Tiles, metrics: QFontMetrics) -> None:
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


def words_at(tiles: Tiles, area: QRect, x: int, y: int, metrics: QFontMetrics) -> str:
    """What the lines are at this place of ``area``: ``0.25: weight 12, bias 3``; empty beside them."""
    if not area.contains(x, y):
        return ""
    marks = line_marks(
        tiles, area.width(), area.height(), float(metrics.height()), lambda word: float(metrics.horizontalAdvance(word))
    )
    strokes = [mark for mark in marks if isinstance(mark, Stroke)]
    at, rows = places(tiles), rows_of(tiles)
    axis = max(
        (mark.points for mark in strokes if mark.ink == "ink"), key=lambda ends: ends[1][0] - ends[0][0], default=()
    )
    if not axis:
        return ""
    span = float(at.max() - at.min()) or 1.0
    across = area.left() + axis[0][0] + (at - at.min()) / span * (axis[1][0] - axis[0][0])
    index = int(abs(across - x).argmin())
    gaps = [abs(float(b - a)) for a, b in pairwise(at)] or [1.0]
    below = NumberFormat([float(at.min()), float(at.max())], step=min(gaps) or 1.0)
    number = NumberFormat((tiles.low, tiles.high), percent=tiles.percent)
    said = [
        f"{tiles.labels[row] if row < len(tiles.labels) else row} {number.exact(float(values[index]))}"
        for row, values in enumerate(rows[:MOST_NAMED])
        if isfinite(values[index])
    ]
    return f"{tiles.x_label or 'place'} {below(float(at[index]))}: {', '.join(said)}"
