"""The path of a sweep: the result of each try, the best so far, who descends from whom, and the best five in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from app.core.variants.axes import written
from app.training.numbers import short, word_of
from app.training.sweeping.results import SweepTable, VariantResult, is_higher_better, ranked
from app.ui import scale, theme
from app.ui.sweep import inks
from app.ui.sweep.pictures import SweepPicture, put_words, result_words

SHOWN_BEST = 5
_FAR_OFF = 6  # the worst sixth of all lies on the edge
_LIST = 0.42  # of the width, for the best in words


class PathPicture(SweepPicture):
    """Dots from left to right as they were tried, a step line for the best so far, thin lines from parent to child; the
    line of descent of the best, or of what is selected, is thick."""

    def __init__(self) -> None:
        super().__init__("Path", "The result of each try is drawn here, with the best so far and the best five.")
        self.best: list[VariantResult] = []
        self.dots: dict[int, QPointF] = {}

    def told(self) -> str:
        best = best_of(self.rows)
        words = (f"{place}: {result_words(row)}, {row.name}" for place, row in enumerate(best, 1))
        return f"The best {len(best)} are {'; '.join(words)}." if best else self._nothing

    def at(self, place: QPointF) -> int | None:
        near = {number: math.hypot(dot.x() - place.x(), dot.y() - place.y()) for number, dot in self.dots.items()}
        number = min(near, key=near.__getitem__, default=None)
        return number if number is not None and near[number] < 10 * theme.scale() else super().at(place)

    def draw(self, painter: QPainter) -> bool:
        good = inks.shares(self.rows)
        self.best, self.dots = best_of(self.rows), {}
        if not good:
            return False
        rows = {row.number: row for row in self.rows if row.number in good}
        table = SweepTable()
        table.rows = {row.number: row for row in self.rows}
        line = painter.fontMetrics().height()
        field = QRectF(self.rect()).adjusted(scale.px(52), line + 8, -8, -line - 6)
        aside = field.width() * _LIST
        field.setRight(field.right() - aside - scale.px(8))
        values = sorted(row.result or 0.0 for row in rows.values())
        low, high = values[0], values[-1]
        if is_higher_better(self.best[0].metric):
            low = values[len(values) // _FAR_OFF]  # so that the others can be told apart
        else:
            high = values[-1 - len(values) // _FAR_OFF]
        most = max(row.number for row in self.rows)

        def place(number: int, value: float) -> QPointF:
            share = (min(max(value, low), high) - low) / (high - low) if high > low else 0.5
            across = number / most if most else 0.5
            return QPointF(field.left() + field.width() * across, field.bottom() - field.height() * share)

        self.dots = {number: place(number, row.result or 0.0) for number, row in rows.items()}
        self._frame(painter, field, line, (low, high), most)
        chosen = next((row for row in self.rows if row.number == self.selected), self.best[0])
        thick = {row.number for row in table.line(chosen)}
        for row in rows.values():
            if row.parent in self.dots:
                main = row.number in thick
                painter.setPen(QPen(theme.color("text" if main else "border"), 2.2 if main else 1.0))
                painter.drawLine(self.dots[row.parent], self.dots[row.number])
        self._steps(painter, table.path())
        for number, dot in self.dots.items():
            first = number == self.selected
            painter.setPen(QPen(theme.color("text"), 2.0 if first else 0.6))
            painter.setBrush(inks.between(0.15 + 0.85 * good[number]))
            painter.drawEllipse(dot, scale.px(4), scale.px(4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for rank, row in enumerate(self.best, 1):
            dot = self.dots[row.number]
            painter.setPen(theme.color("plot.text"))
            put_words(painter, QRectF(dot.x() - line, dot.y() - line - scale.px(3), 2 * line, line), str(rank))
        self._listed(painter, QRectF(field.right() + scale.px(14), 2, aside - scale.px(8), self.height() - 4.0), line)
        return True

    def _frame(self, painter: QPainter, field: QRectF, line: int, ends: tuple[float, float], most: int) -> None:
        metric = self.best[0].metric.partition("_")[2]
        for share, value in ((0.0, ends[0]), (1.0, ends[1])):
            y = field.bottom() - share * field.height()
            painter.setPen(theme.color("plot.grid"))
            painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
            painter.setPen(theme.color("plot.text"))
            room = QRectF(0, y - line / 2, field.left() - 6, line)
            put_words(painter, room, short(metric, value), Qt.AlignmentFlag.AlignRight)
        below = QRectF(field.left(), field.bottom() + 3, field.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "1")
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, f"{word_of(metric)} by try")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{most + 1}")

    def _steps(self, painter: QPainter, path: Sequence[VariantResult]) -> None:
        points: list[QPointF] = []
        for row in path:
            dot = self.dots[row.number]
            if points:
                points.append(QPointF(dot.x(), points[-1].y()))
            points.append(dot)
        if points and len(self.dots) > 1:
            points.append(QPointF(max(dot.x() for dot in self.dots.values()), points[-1].y()))
        painter.setPen(QPen(theme.color("accent"), 1.6, Qt.PenStyle.DashLine))
        painter.drawPolyline(QPolygonF(points))

    def _listed(self, painter: QPainter, room: QRectF, line: int) -> None:
        """The best in words, each with what it has."""
        y = room.top()
        left = Qt.AlignmentFlag.AlignLeft
        painter.setPen(theme.color("text.soft"))
        put_words(painter, QRectF(room.left(), y, room.width(), line), f"The best {len(self.best)}", left)
        for rank, row in enumerate(self.best, 1):
            y += line + scale.px(3)
            if y + line > room.bottom():
                return
            painter.setPen(theme.color("text"))
            words = f"{rank}  {result_words(row)}  {in_words(row.values)}"
            box = QRectF(room.left(), y, room.width(), line)
            put_words(painter, box, words, left)
            self._spots.append((row.number, QPolygonF(box)))


def best_of(rows: Sequence[VariantResult]) -> list[VariantResult]:
    """The best few that have a result."""
    return [row for row in ranked(rows) if row.result is not None and math.isfinite(row.result)][:SHOWN_BEST]


def in_words(values: Mapping[str, object]) -> str:
    """Values in the order of the table: ``8 · 5 · ReLU · 0.01``."""
    return " · ".join(map(written, values.values()))
