"""A small chart with axes: lines, dots and bars, painted without pyqtgraph, with the value under the cursor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui import scale, theme
from nodes.api.words import figure


@dataclass(frozen=True)
class ChartSeries:
    """Points (x, y) as a line, as dots, or as bars of the width ``wide``. ``spread`` are lowest and highest values at
    the points, drawn behind. ``name`` stands in the tooltip and, where there are several, above."""

    name: str
    points: tuple[tuple[float, float], ...]
    kind: Literal["line", "dots", "bars"] = "line"
    role: str = "plot.train"
    wide: float = 0.0
    dashed: bool = False
    spread: tuple[tuple[float, float], ...] = ()


class SmallChart(QWidget):
    """Shows some series with axes from ``x`` to ``y``; ``percent`` writes 0.5 as 50 %. A line may stand at ``mark``."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.series: tuple[ChartSeries, ...] = ()
        self._x, self._y = (0.0, 1.0), (0.0, 1.0)
        self._titles = ("", "")
        self._percent = (False, False)
        self.mark: float | None = None
        self.setMouseTracking(True)
        theme.notifier.changed.connect(self.update)

    def show_series(
        self,
        series: Sequence[ChartSeries],
        titles: tuple[str, str],
        x: tuple[float, float] | None = None,
        y: tuple[float, float] | None = None,
        percent: tuple[bool, bool] = (False, False),
        mark: float | None = None,
    ) -> None:
        """Show these; without limits, as far as they reach. ``titles`` are those of the axes."""
        self.series = tuple(series)
        self._titles, self._percent, self.mark = titles, percent, mark
        solid = [each for each in self.series if not each.dashed] or list(self.series)
        self._x = x or _reach([a for each in solid for a, _ in each.points])
        self._y = y or _reach([b for each in solid for _, b in each.points])
        self.setAccessibleDescription("; ".join(self._in_words(each) for each in self.series))
        self.update()

    def _in_words(self, each: ChartSeries) -> str:
        if not each.points:
            return f"{each.name}: nothing"
        last = each.points[-1]
        return f"{each.name}: {len(each.points)} values, {self._number(1, last[1])} at {self._number(0, last[0])}"

    def sizeHint(self) -> QSize:
        return QSize(scale.px(260), scale.px(150))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale.px(120), scale.px(84))

    def _number(self, axis: int, value: float) -> str:
        if self._percent[axis]:
            return f"{100 * value:.3g} %"
        return figure(value, 4)

    # Where things stand

    @property
    def area(self) -> QRectF:
        """The room inside the axes."""
        line = self.fontMetrics().height()
        marks = [self._number(1, each) for each in ticks(*self._y, 3)]
        left = max((self.fontMetrics().horizontalAdvance(each) for each in marks), default=0) + scale.px(8)
        named = sum(bool(each.name) for each in self.series) > 1 or bool(self._titles[1])
        top = line + scale.px(2) if named else scale.px(4)
        right = scale.px(10)
        return QRectF(left, top, max(10.0, self.width() - left - right), max(10.0, self.height() - top - 2 * line - 4))

    def place(self, x: float, y: float) -> QPointF:
        """Where a value stands."""
        area = self.area
        across, up = (x - self._x[0]) / (self._x[1] - self._x[0]), (y - self._y[0]) / (self._y[1] - self._y[0])
        return QPointF(area.left() + across * area.width(), area.bottom() - up * area.height())

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        area = self.area
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self.series:
                painter.setPen(theme.color("text.soft"))
                words = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
                painter.drawText(QRectF(self.rect()), words, self._titles[1])
                return
            painter.fillRect(area, theme.color("plot.background"))
            self._axes(painter, area)
            painter.save()
            painter.setClipRect(area.adjusted(-2, -2, 2, 2))
            for each in self.series:
                self._draw(painter, each)
            if self.mark is not None:
                painter.setPen(QPen(theme.color("accent"), max(1.0, 1.5 * theme.scale()), Qt.PenStyle.DashLine))
                at = self.place(self.mark, self._y[0]).x()
                painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
            painter.restore()

    def _axes(self, painter: QPainter, area: QRectF) -> None:
        metrics = self.fontMetrics()
        line = metrics.height()
        painter.setPen(theme.color("border.soft"))
        for value in ticks(*self._y, 3):
            at = self.place(self._x[0], value).y()
            painter.drawLine(QPointF(area.left(), at), QPointF(area.right(), at))
        painter.setPen(theme.color("text.soft"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in ticks(*self._y, 3):
            at = self.place(self._x[0], value).y()
            painter.drawText(QRectF(0, at - line / 2, area.left() - scale.px(4), line), right, self._number(1, value))
        for value in ticks(*self._x, max(2, int(area.width() // scale.letters_px(60)))):
            at, words = self.place(value, self._y[0]).x(), self._number(0, value)
            wide = metrics.horizontalAdvance(words) + 4
            left = min(max(0.0, at - wide / 2), self.width() - wide)
            painter.drawText(QRectF(left, area.bottom() + 1, wide, line), Qt.AlignmentFlag.AlignCenter, words)
        below = QRectF(0, area.bottom() + line, self.width(), line)
        title = metrics.elidedText(self._titles[0], Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, title)
        self._legend(painter, area, line)

    def _legend(self, painter: QPainter, area: QRectF, line: int) -> None:
        """What the lines are called, or the upward axis."""
        metrics, left = self.fontMetrics(), area.left()
        named = [each for each in self.series if each.name]
        if len(named) < 2:
            words = metrics.elidedText(self._titles[1], Qt.TextElideMode.ElideRight, int(area.width()))
            painter.drawText(QRectF(left, 0, area.width(), line), Qt.AlignmentFlag.AlignLeft, words)
            return
        for each in named:
            room = self.width() - left - scale.px(16)
            if room < scale.px(24):
                return
            colour = theme.color(each.role)
            painter.fillRect(QRectF(left, line / 2 - 1, scale.px(10), max(2, scale.px(3))), colour)
            painter.setPen(theme.color("text.soft"))
            words = metrics.elidedText(each.name, Qt.TextElideMode.ElideRight, int(room))
            painter.drawText(QRectF(left + scale.px(14), 0, room, line), Qt.AlignmentFlag.AlignLeft, words)
            left += scale.px(14) + metrics.horizontalAdvance(words) + scale.px(12)

    def _draw(self, painter: QPainter, each: ChartSeries) -> None:
        colour = theme.color(each.role)
        thick = max(1.0, 1.8 * theme.scale())
        if each.spread:
            pale = theme.mixed(colour, theme.color("plot.background"), 0.75)
            above = [self.place(x, high) for (x, _), (_, high) in zip(each.points, each.spread, strict=True)]
            below = [self.place(x, low) for (x, _), (low, _) in zip(each.points, each.spread, strict=True)]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pale)
            painter.drawPolygon(QPolygonF([*above, *reversed(below)]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        if each.kind == "bars":
            for x, y in each.points:
                corner, foot = self.place(x, y), self.place(x + each.wide, max(0.0, self._y[0]))
                painter.fillRect(QRectF(corner, foot).normalized().adjusted(0.5, 0, -0.5, 0), colour)
            return
        if each.kind == "dots":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.faded(each.role, 0.9 if len(each.points) < 200 else 0.5))
            radius = scale.px(2.4 if len(each.points) < 600 else 1.6)
            for x, y in each.points:
                painter.drawEllipse(self.place(x, y), radius, radius)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            return
        pen = QPen(colour, thick)
        if each.dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([self.place(x, y) for x, y in each.points if math.isfinite(y)]))

    # Cursor

    def nearest(self, at: QPointF) -> tuple[ChartSeries, int] | None:
        """The point nearest to a place, if one is near."""
        found, best = None, float(scale.px(24))
        for each in self.series:
            if each.dashed:
                continue
            for place, (x, y) in enumerate(each.points):
                x = x + each.wide / 2 if each.kind == "bars" else x
                there = self.place(x, y if math.isfinite(y) else self._y[0]) - at
                reach = abs(there.x()) if each.kind != "dots" else math.hypot(there.x(), there.y())
                if reach < best:
                    found, best = (each, place), reach
        return found

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.nearest(QPointF(event.pos()))
            text = ""
            if found is not None:
                each, place = found
                x, y = each.points[place]
                about = f"{self._number(0, x)}" + (f" to {self._number(0, x + each.wide)}" if each.wide else "")
                text = f"{each.name or self._titles[1]}: {self._number(1, y)}\n{self._titles[0]}: {about}"
                if each.spread:
                    low, high = each.spread[place]
                    text += f"\n95 % interval: {self._number(1, low)} to {self._number(1, high)}"
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


def _reach(values: Sequence[float]) -> tuple[float, float]:
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    if high <= low:
        return low - 0.5, high + 0.5
    around = 0.04 * (high - low)
    return low - around, high + around


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers from ``low`` to ``high``, about so many."""
    from app.insight.chart import ticks as round_numbers

    return [value for value in round_numbers(low, high, about) if low - 1e-9 <= value <= high + 1e-9]
