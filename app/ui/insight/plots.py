"""Draws ``Tiles`` that are no maps in the window: words in a plane, curves, small tables; and says what is under the
pointer."""

from __future__ import annotations

from math import ceil, hypot, isfinite

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from app.insight.chart import ticks
from app.insight.colours import coloured
from app.insight.numbers import NumberFormat
from app.insight.plots import COLOURS, cells, placed, readable, spread, steps_of, table_words
from app.insight.tiles import Tiles
from app.ui import theme

NEAR = 12.0  # pixels from the pointer to the point that it asks about
FEW = 30  # steps of curves up to which each has a dot


def paint_plot(painter: QPainter, area: QRectF, tiles: Tiles) -> None:
    """Points, lines or a table."""
    metrics = QFontMetricsF(painter.font())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    {"points": _paint_points, "lines": _paint_lines, "table": _paint_table}[tiles.layout](painter, area, tiles, metrics)
    painter.restore()


def words_at(area: QRectF, tiles: Tiles, metrics: QFontMetricsF, at: QPointF) -> str:
    """What is drawn at a place, in words; empty where nothing is."""
    if tiles.layout == "points":
        points = _points(area, tiles, metrics)
        near = min(range(len(points)), key=lambda index: hypot(points[index][0] - at.x(), points[index][1] - at.y()))
        x, y = points[near]
        if hypot(x - at.x(), y - at.y()) > NEAR:
            return ""
        number = NumberFormat(tiles.maps.ravel().tolist())
        here = ", ".join(number.exact(value) for value in tiles.maps[0, near].tolist())
        return f"{tiles.labels[near] if tiles.labels else near}: {here}"
    if tiles.layout == "lines":
        return _curves_at(area, tiles, metrics, at)
    return _cell_at(area, tiles, metrics, at)


# Points


def _points(area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> list[tuple[float, float]]:
    side, line = 4 * metrics.averageCharWidth(), metrics.height()
    return spread(tiles, (area.left() + side, area.top() + line, area.right() - side, area.bottom() - line))


def _paint_points(painter: QPainter, area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> None:
    painter.setPen(theme.color("border"))
    painter.drawRect(area)
    points = _points(area, tiles, metrics)
    words = tiles.labels or ("",) * len(points)
    line = metrics.height()
    sizes = [(metrics.horizontalAdvance(word) + 2, line) for word in words]
    strong = set(tiles.strong)
    painter.setPen(Qt.PenStyle.NoPen)
    for index, (x, y) in enumerate(points):
        painter.setBrush(QColor(*COLOURS[1 if index in strong else 0]))
        painter.drawEllipse(QPointF(x, y), *((5.0, 5.0) if index in strong else (3.0, 3.0)))
    painter.setPen(theme.color("text"))
    room = (area.left(), area.top(), area.right(), area.bottom())
    for word, size, place in zip(words, sizes, placed(points, sizes, room, tiles.strong), strict=True):
        if place is not None:
            painter.drawText(QRectF(*place, *size), Qt.TextFlag.TextDontClip, word)


# Lines


class _Axes:
    """Where the curves lie: the area between the axes, and what it spans."""

    def __init__(self, area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> None:
        self.steps = steps_of(tiles)
        values = [value for value in tiles.maps.ravel().tolist() if isfinite(value)]
        self.low, self.high = min(tiles.low, *values), max(tiles.high, *values)
        self.marks = ticks(self.low, self.high, max(2, int(area.height() / 60)))
        self.number = NumberFormat(self.marks, percent=tiles.percent)
        line = metrics.height()
        side = max(metrics.horizontalAdvance(self.number(mark)) for mark in self.marks) + 8
        self.first, self.last = self.steps[0], self.steps[-1] if self.steps[-1] > self.steps[0] else self.steps[0] + 1
        self.plot = QRectF(area.left() + side, area.top() + line + 4, area.width() - side - 8, 1.0)
        self.plot.setBottom(area.bottom() - (2 if tiles.x_label else 1) * line - 4)

    def at(self, step: float, value: float) -> QPointF:
        across = (step - self.first) / (self.last - self.first)
        up = (value - self.low) / (self.high - self.low)
        return QPointF(self.plot.left() + across * self.plot.width(), self.plot.bottom() - up * self.plot.height())


def _paint_lines(painter: QPainter, area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> None:
    axes = _Axes(area, tiles, metrics)
    plot, line = axes.plot, metrics.height()
    for mark in axes.marks:
        y = axes.at(axes.first, mark).y()
        painter.setPen(theme.color("border"))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.setPen(theme.color("text.soft"))
        box = QRectF(area.left(), y - line / 2, plot.left() - area.left() - 6, line)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, axes.number(mark))
    beneath = ticks(axes.first, axes.last, max(2, int(plot.width() / 90)))
    if all(step == int(step) for step in axes.steps):
        beneath = [step for step in beneath if step == int(step)]
    number = NumberFormat(beneath)
    for step in beneath:
        x = axes.at(step, axes.low).x()
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3))
        box = QRectF(x - 50, plot.bottom() + 3, 100, line)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, number(step))
    if tiles.x_label:
        box = QRectF(plot.left(), area.bottom() - line, plot.width(), line)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, tiles.x_label)
    x = area.left()
    for place, values in enumerate(tiles.maps[0].tolist()):
        colour = QColor(*COLOURS[place % len(COLOURS)])
        pen = QPen(colour, 3.0 if place in tiles.strong else 1.8)
        if place >= len(COLOURS):
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        known = [axes.at(step, value) for step, value in zip(axes.steps, values) if isfinite(value)]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(known))
        painter.setBrush(colour)
        if len(axes.steps) <= FEW or len(known) == 1:
            for point in known:
                painter.drawEllipse(point, 2.5, 2.5)
        painter.drawLine(QPointF(x, area.top() + line / 2), QPointF(x + 16, area.top() + line / 2))
        name = tiles.labels[place] if place < len(tiles.labels) else str(place)
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(x + 20, area.top(), metrics.horizontalAdvance(name) + 2, line), name)
        x += 20 + metrics.horizontalAdvance(name) + 14


def _curves_at(area: QRectF, tiles: Tiles, metrics: QFontMetricsF, at: QPointF) -> str:
    axes = _Axes(area, tiles, metrics)
    if not axes.plot.contains(at):
        return ""
    near = min(range(len(axes.steps)), key=lambda place: abs(axes.at(axes.steps[place], axes.low).x() - at.x()))
    number = NumberFormat((axes.low, axes.high), percent=tiles.percent)
    said = [
        f"{tiles.labels[curve] if curve < len(tiles.labels) else curve}: {number.exact(values[near])}"
        for curve, values in enumerate(tiles.maps[0].tolist())
        if isfinite(values[near])
    ]
    return f"{tiles.x_label or 'step'} {axes.steps[near]:g}. {', '.join(said)}" if said else ""


# Tables


def _columns(area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> tuple[float, float, float]:
    """How wide the words of the rows are and each column is, and how high a row."""
    rows, columns = table_words(tiles)
    side = max(metrics.horizontalAdvance(word) for word in rows) + 10
    said = [word for row in cells(tiles) for word in row]
    wanted = max(metrics.horizontalAdvance(word) for word in (*columns, *said)) + 12
    wide = min(wanted, max((area.width() - side) / len(columns), 4.0))
    return side, wide, min(metrics.height() * 1.5, max(area.height() / (len(rows) + 1), 4.0))


def _paint_table(painter: QPainter, area: QRectF, tiles: Tiles, metrics: QFontMetricsF) -> None:
    rows, columns = table_words(tiles)
    side, wide, high = _columns(area, tiles, metrics)
    shades = coloured(tiles.maps[0], tiles.low, tiles.high, tiles.colormap)
    said = cells(tiles)
    legible = high >= metrics.height() * 0.85
    centre, middle = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignVCenter
    every = max(1, ceil(metrics.horizontalAdvance("nn") / wide)), max(1, ceil(metrics.height() * 0.85 / high))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for place, word in enumerate(columns):
        if place % every[0] == 0:
            painter.setPen(theme.color("text.soft"))
            text = metrics.elidedText(word, Qt.TextElideMode.ElideRight, wide * every[0])
            painter.drawText(QRectF(area.left() + side + place * wide, area.top(), wide * every[0], high), centre, text)
    for row, name in enumerate(rows):
        top = area.top() + (row + 1) * high
        painter.setPen(theme.color("text.soft"))
        if row % every[1] == 0:
            box = QRectF(area.left(), top, side - 6, max(high, metrics.height()))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | middle, name)
        for place, word in enumerate(said[row]):
            back = [int(part) for part in shades[row, place]]
            box = QRectF(area.left() + side + place * wide, top, wide, high)
            painter.fillRect(box, QColor(*back))
            if high > 6:
                painter.setPen(theme.color("border"))
                painter.drawRect(box)
            if legible and metrics.horizontalAdvance(word) + 4 <= wide:
                painter.setPen(QColor(*readable(back)))
                painter.drawText(box, centre | middle, word)


def _cell_at(area: QRectF, tiles: Tiles, metrics: QFontMetricsF, at: QPointF) -> str:
    rows, columns = table_words(tiles)
    side, wide, high = _columns(area, tiles, metrics)
    column, row = (at.x() - area.left() - side) / wide, (at.y() - area.top()) / high - 1
    if not (0 <= column < len(columns) and 0 <= row < len(rows)):
        return ""
    value = float(tiles.maps[0, int(row), int(column)])
    number = NumberFormat(tiles.maps.ravel().tolist(), percent=tiles.percent)
    return f"{rows[int(row)]}, {columns[int(column)]}: {number.exact(value)}"
