"""A curve of a few hundred points in a small field, with the numbers at its edges: for forms, without pyqtgraph."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import scale, theme

HEIGHT = 64  # pixels at 100 %
_PAD = 6


class SmallCurve(QWidget):
    """Draws points from left to right. ``log_x`` spaces the numbers along by their powers of ten, ``what`` is the
    word for those upwards where the name of the curve does not say it."""

    def __init__(self, name: str, *, log_x: bool = False, what: str = "") -> None:
        super().__init__()
        self._log_x, self._what = log_x, f"{what} " if what else ""
        self.points: tuple[tuple[float, float], ...] = ()
        self.mark: float | None = None  # along, where a line stands
        self._edges = ("", "", "", "")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)

    def show_points(
        self, points: Sequence[tuple[float, float]], edges: tuple[str, str, str, str], mark: float | None = None
    ) -> None:
        """Draw these. ``edges`` is written at the top, at the bottom, at the left and at the right."""
        self.points = tuple((x, y) for x, y in points if math.isfinite(x) and math.isfinite(y))
        self._edges = edges
        self.mark = mark
        self.setAccessibleDescription(
            f"From {edges[2]} to {edges[3]}; highest {self._what}{edges[0]}, lowest {edges[1]}." if self.points else ""
        )
        self.setToolTip(self.accessibleDescription())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(scale.px(160), scale.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, scale.px(HEIGHT))

    def _along(self, x: float) -> float:
        return math.log(x) if self._log_x else x

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.points:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            line = painter.fontMetrics().height()
            field = QRectF(self.rect()).adjusted(_PAD, _PAD, -_PAD, -line - 2)
            painter.fillRect(field.adjusted(-2, -2, 2, 2), theme.color("panel"))
            painter.setPen(theme.color("border"))
            painter.drawRect(field.adjusted(-2, -2, 2, 2))
            across = [self._along(x) for x, _ in self.points]
            heights = [y for _, y in self.points]
            left, wide = min(across), (max(across) - min(across)) or 1.0
            low, high = min(heights), max(heights)
            if low >= 0 and not self._log_x:
                low = 0.0
            tall = (high - low) or 1.0

            def place(x: float, y: float) -> QPointF:
                return QPointF(
                    field.left() + field.width() * (x - left) / wide,
                    field.bottom() - field.height() * (y - low) / tall,
                )

            if self.mark is not None:
                painter.setPen(QPen(theme.color("text.soft"), 1, Qt.PenStyle.DashLine))
                at = self._along(self.mark)
                painter.drawLine(place(at, low), place(at, low + tall))
            painter.setPen(QPen(theme.color("accent"), 1.6))
            painter.drawPolyline(QPolygonF([place(x, y) for x, y in zip(across, heights, strict=True)]))
            painter.setPen(theme.color("text.soft"))
            top, bottom, start, end = self._edges
            below = QRectF(field.left(), field.bottom() + 2, field.width(), line)
            middle = self._what + (f"{bottom} – {top}" if bottom != top else top)
            long = painter.fontMetrics().horizontalAdvance
            if 2 * max(long(start), long(end)) + long(middle) + 12 > below.width():
                start = start.rpartition(" ")[2]  # the number alone, where its word would meet the middle
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, start)
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, end)
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, middle)
