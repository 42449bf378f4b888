"""Pictures of a sweep: curves of the variants, parallel coordinates, and a heat map for two settings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.core.variants.axes import written
from app.training.numbers import short, word_of
from app.training.sweeping.results import VariantResult
from app.ui import scale, theme
from app.ui.sweep import inks

_MOST_POINTS = 400  # of a curve that are drawn
_NEAR = 8.0  # pixels from a line at which it is meant


def result_words(row: VariantResult) -> str:
    """A result as the window says it; the state where there is none."""
    if row.result is None:
        return row.state
    return short(row.metric.partition("_")[2], row.result)


class SweepPicture(QWidget):
    """Draws rows; a click on one chooses it. ``nothing`` is said while there is nothing to draw."""

    chosen = Signal(int)

    def __init__(self, name: str, nothing: str) -> None:
        super().__init__()
        self.rows: list[VariantResult] = []
        self.selected: int | None = None
        self._nothing = nothing
        self._spots: list[tuple[int, QPolygonF]] = []
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier.changed.connect(self.update)

    def minimumSizeHint(self) -> QSize:
        return QSize(scale.px(120), scale.px(90))

    def show_rows(self, rows: Sequence[VariantResult], selected: int | None) -> None:
        """Draw these."""
        self.rows, self.selected = list(rows), selected
        self.setAccessibleDescription(self.told())
        self.update()

    def told(self) -> str:
        """What a screen reader says."""
        return self._nothing

    def paintEvent(self, event: QPaintEvent) -> None:
        self._spots = []
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(self.rect(), theme.color("plot.background"))
            if not self.draw(painter):
                painter.setPen(theme.color("text.soft"))
                middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect().adjusted(10, 4, -10, -4), middle, self._nothing)

    def draw(self, painter: QPainter) -> bool:
        """Draw; False if there is nothing to be drawn."""
        return False

    def at(self, place: QPointF) -> int | None:
        """The variant at a place."""
        nearest, found = _NEAR * theme.scale(), None
        for number, line in self._spots:
            away = _distance(place, line)
            if away < nearest:
                nearest, found = away, number
        return found

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self.at(event.position())
        if number is not None:
            self.chosen.emit(number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = self.at(event.position())
        row = next((row for row in self.rows if row.number == number), None)
        text = f"{row.name}: {result_words(row)}" if row is not None else ""
        QToolTip.showText(event.globalPosition().toPoint(), text, self)


def _distance(place: QPointF, line: QPolygonF) -> float:
    if line.size() > 2 and line.isClosed() and line.containsPoint(place, Qt.FillRule.OddEvenFill):
        return 0.0
    best = math.inf
    points = line.toList()
    for a, b in itertools.pairwise(points):
        along = b - a
        length = along.x() ** 2 + along.y() ** 2
        share = 0.0 if not length else QPointF.dotProduct(place - a, along) / length
        away = place - (a + along * min(max(share, 0.0), 1.0))
        best = min(best, math.hypot(away.x(), away.y()))
    return best


def _behind(painter: QPainter, place: QRectF) -> None:
    """Keep lines out of a word."""
    ground = QColor(theme.color("plot.background"))
    ground.setAlpha(190)
    painter.fillRect(place, ground)


def put_words(
    painter: QPainter, place: QRectF, text: str, align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter
) -> None:
    """Text that ends with an ellipsis where there is no room."""
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(place.width()))
    painter.drawText(place, align | Qt.AlignmentFlag.AlignVCenter, shown)


class ParallelCoordinates(SweepPicture):
    """One line for each variant, through its value of each setting to its result."""

    def __init__(self) -> None:
        super().__init__(
            "Parallel coordinates",
            "Each variant becomes a line from its settings to its result, once the first epoch is complete.",
        )

    def told(self) -> str:
        good = inks.shares(self.rows)
        return f"{len(good)} lines; the best one is marked." if good else self._nothing

    def draw(self, painter: QPainter) -> bool:
        good = inks.shares(self.rows)
        if not good:
            return False
        rows = sorted((row for row in self.rows if row.number in good), key=lambda row: good[row.number])
        names = list(dict.fromkeys(name for row in rows for name in row.values))
        line = painter.fontMetrics().height()
        field = QRectF(self.rect()).adjusted(scale.px(44), line + 8, -scale.px(58), -line - 6)
        axes = [_Scale([row.values.get(name) for row in rows]) for name in names]
        axes.append(_Scale([row.result for row in rows]))
        metric = rows[-1].metric.partition("_")[2]
        titles = [*names, word_of(metric)]
        along = [field.left() + field.width() * place / (len(axes) - 1) for place in range(len(axes))]
        wide = field.width() / (len(axes) - 1)
        for row in rows:
            values = [*(row.values.get(name) for name in names), row.result]
            points = [
                QPointF(x, field.bottom() - field.height() * each.share(value))
                for x, each, value in zip(along, axes, values, strict=True)
            ]
            line_of = QPolygonF(points)
            self._spots.append((row.number, line_of))
            best, chosen = row is rows[-1], row.number == self.selected
            painter.setPen(QPen(inks.between(0.15 + 0.85 * good[row.number]), 3 if best or chosen else 1.4))
            painter.drawPolyline(line_of)
            if chosen:
                painter.setPen(QPen(theme.color("text"), 1.2, Qt.PenStyle.DashLine))
                painter.drawPolyline(line_of)
        for x, each, title in zip(along, axes, titles, strict=True):
            painter.setPen(theme.color("plot.text"))
            painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
            room = QRectF(x - wide / 2, 2, wide, line)
            room = room.intersected(QRectF(self.rect()))
            put_words(painter, room, title)
            marks = each.marks(metric if each is axes[-1] else "")
            for share, word in apart(marks, line / max(1.0, field.height())):
                y = field.bottom() - field.height() * share
                _behind(painter, QRectF(x + 2, y - line / 2, painter.fontMetrics().horizontalAdvance(word) + 5, line))
                put_words(
                    painter,
                    QRectF(x + 4, y - line / 2, min(wide, scale.px(58)) - 6, line),
                    word,
                    Qt.AlignmentFlag.AlignLeft,
                )
        return True


def apart(marks: Sequence[tuple[float, str]], least: float) -> list[tuple[float, str]]:
    """Those of these words along an axis that do not lie over each other: both ends, and what has room between."""
    kept: list[tuple[float, str]] = []
    for mark in (*marks[:1], *marks[:0:-1]):
        if all(abs(mark[0] - other[0]) >= least for other in kept):
            kept.append(mark)
    return kept


class _Scale:
    """Where values stand between bottom (0) and top (1): numbers by their size, or their logarithm, words in order."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = [value for value in dict.fromkeys(values) if value is not None]
        numbers = [v for v in self._values if isinstance(v, int | float) and not isinstance(v, bool)]
        self._numeric = len(numbers) == len(self._values) and bool(numbers)
        self._log = False
        if self._numeric:
            self._low, self._high = min(numbers), max(numbers)
            self._log = self._low > 0 and self._high / self._low >= 20
        else:
            self._values.sort(key=str)

    def share(self, value: Any) -> float:
        """The place of a value."""
        if value is None or len(self._values) < 2:
            return 0.5
        if not self._numeric:
            return self._values.index(value) / (len(self._values) - 1)
        if self._log:
            return math.log(value / self._low) / math.log(self._high / self._low)
        return (value - self._low) / (self._high - self._low)

    def marks(self, metric: str = "") -> list[tuple[float, str]]:
        """Values to be written beside the axis."""
        some = self._values
        if self._numeric:
            some = sorted(self._values)
            if len(some) > 6:
                some = [some[0], some[len(some) // 2], some[-1]]
        if metric:
            some = [some[0], some[-1]] if len(some) > 1 else some
        return [(self.share(each), short(metric, each) if metric else written(each)) for each in some[:12]]


class HeatMap(SweepPicture):
    """The mean result for each pair of values of two settings."""

    def __init__(self) -> None:
        super().__init__("Heat map", "Two settings that vary become a field of results here, once there are some.")
        self.two: tuple[str, str] | None = None
        self._cells: list[tuple[QRectF, int, str]] = []

    def cells(self) -> dict[tuple[Any, Any], list[VariantResult]]:
        """The rows by their values of the two settings."""
        found: dict[tuple[Any, Any], list[VariantResult]] = {}
        if self.two is None:
            return found
        for row in self.rows:
            pair = row.values.get(self.two[0]), row.values.get(self.two[1])
            if None not in pair:
                found.setdefault(pair, []).append(row)
        return found

    def show_rows(self, rows: Sequence[VariantResult], selected: int | None) -> None:
        varied = list(dict.fromkeys(n for row in rows for n in row.values))
        varied = [name for name in varied if len({row.values.get(name) for row in rows}) > 1]
        if self.two is None or not set(self.two) <= set(varied):
            self.two = (varied[0], varied[1]) if len(varied) >= 2 else None
        super().show_rows(rows, selected)

    def told(self) -> str:
        return f"Results by {self.two[0]} and {self.two[1]}." if self.two and inks.shares(self.rows) else self._nothing

    def draw(self, painter: QPainter) -> bool:
        self._cells = []
        cells, good = self.cells(), inks.shares(self.rows)
        if self.two is None or not good:
            return False
        across = _sorted({pair[0] for pair in cells})
        down = _sorted({pair[1] for pair in cells})
        metrics = painter.fontMetrics()
        line = metrics.height()
        left = min(max(metrics.horizontalAdvance(written(each)) for each in down) + 10, self.width() // 4)
        field = QRectF(self.rect()).adjusted(left + 4, line + 8, -8, -line - 8)
        wide, high = field.width() / len(across), field.height() / len(down)
        painter.setPen(theme.color("plot.text"))
        put_words(painter, QRectF(4, 2, self.width() - 8, line), f"{self.two[1]} (down) by {self.two[0]}")
        for place, value in enumerate(across):
            put_words(painter, QRectF(field.left() + place * wide, field.bottom() + 2, wide, line), written(value))
        for place, value in enumerate(down):
            room = QRectF(2, field.top() + place * high, left - 2, high)
            put_words(painter, room, written(value), Qt.AlignmentFlag.AlignRight)
        for (a, b), rows in cells.items():
            box = QRectF(
                field.left() + across.index(a) * wide, field.top() + down.index(b) * high, wide, high
            ).adjusted(1, 1, -1, -1)
            known = [row for row in rows if row.number in good]
            best = max(known, key=lambda row: good[row.number]) if known else rows[0]
            share = sum(good[row.number] for row in known) / len(known) if known else None
            painter.fillRect(box, inks.between(share) if share is not None else theme.color("panel"))
            words = result_words(best)
            if len(known) > 1:
                mean = sum(row.result or 0.0 for row in known) / len(known)
                words = f"{short(best.metric.partition('_')[2], mean)} ({len(known)})"
            light = share is not None and share > 0.5
            painter.setPen(theme.color("accent.text" if light else "text"))
            put_words(painter, box, words)
            if any(row.number == self.selected for row in rows):
                painter.setPen(QPen(theme.color("text"), 2))
                painter.drawRect(box)
            self._cells.append((box, best.number, words))
        return True

    def at(self, place: QPointF) -> int | None:
        return next((number for box, number, _ in self._cells if box.contains(place)), None)


def _sorted(values: set[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=str)


class SweepCurves(SweepPicture):
    """The course of each variant: the loss, or the number that counts."""

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{name} of each variant is drawn here as it trains.")
        self._title = name
        self._courses: Mapping[int, Sequence[tuple[float, float]]] = {}
        self._many = False

    def show_courses(
        self, rows: Sequence[VariantResult], courses: Mapping[int, Sequence[tuple[float, float]]], selected: int | None
    ) -> None:
        """Draw these, by the number of the variant: epochs and values."""
        self._courses = courses
        self._many = len(rows) > 8
        self.show_rows(rows, selected)

    def told(self) -> str:
        count = sum(len(course) > 1 for course in self._courses.values())
        return f"{count} curves." if count else self._nothing

    def draw(self, painter: QPainter) -> bool:
        courses = {
            row.number: _thinned(self._courses.get(row.number, ())) for row in self.rows if row.number in self._courses
        }
        courses = {number: course for number, course in courses.items() if len(course) > 1}
        if not courses:
            return False
        every = [point for course in courses.values() for point in course]
        right = max(x for x, _ in every)
        heights = sorted(y for _, y in every)
        low, high = heights[0], heights[min(len(heights) - 1, int(len(heights) * 0.98))]
        if low >= 0 and low < 0.5 * high:
            low = 0.0
        tall = (high - low) or 1.0
        line = painter.fontMetrics().height()
        field = QRectF(self.rect()).adjusted(scale.px(48), line + 6, -8, -line - 4)
        painter.setPen(theme.color("plot.text"))
        put_words(painter, QRectF(field.left(), 2, field.width(), line), self._title, Qt.AlignmentFlag.AlignLeft)
        for share in (0.0, 0.5, 1.0):
            y = field.bottom() - share * field.height()
            painter.setPen(theme.color("plot.grid"))
            painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
            painter.setPen(theme.color("plot.text"))
            room = QRectF(0, y - line / 2, field.left() - 4, line)
            put_words(painter, room, f"{low + share * tall:.3g}", Qt.AlignmentFlag.AlignRight)
        below = QRectF(field.left(), field.bottom() + 2, field.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{right:.3g} epochs")
        good = inks.shares(self.rows) if self._many else {}
        painter.setClipRect(field.adjusted(-1, -1, 1, 1))
        for row in self.rows:
            course = courses.get(row.number)
            if course is None:
                continue
            points = [
                QPointF(
                    field.left() + field.width() * x / right,
                    field.bottom() - field.height() * (min(max(y, low), high) - low) / tall,
                )
                for x, y in course
            ]
            ink = inks.between(0.15 + 0.85 * good.get(row.number, 0.0)) if self._many else inks.of_runner(row.number)
            painter.setPen(QPen(ink, 2.6 if row.number == self.selected else 1.5))
            drawn = QPolygonF(points)
            painter.drawPolyline(drawn)
            self._spots.append((row.number, drawn))
        return True


def _thinned(course: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Means of neighbours where there are more than can be seen."""
    points = [(x, y) for x, y in course if math.isfinite(y)]
    if len(points) <= _MOST_POINTS:
        return points
    size = len(points) / _MOST_POINTS
    found = []
    for place in range(_MOST_POINTS):
        some = points[int(place * size) : max(int((place + 1) * size), int(place * size) + 1)]
        found.append((some[-1][0], sum(y for _, y in some) / len(some)))
    return found
