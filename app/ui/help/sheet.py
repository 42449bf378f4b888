"""A sheet of 240 × 100 units to draw a help picture on, at any size; type keeps a readable size of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from app.ui import theme
from app.ui.help import HEIGHT, WIDTH
from nodes.api.curves import Curve, Settings
from nodes.api.pictures import Colour, Fills, Point, Side


class PaintedSheet:
    """A ``nodes.api.Sheet`` that paints at once, in the colours of the theme."""

    def __init__(self, painter: QPainter, room: QRectF, category: str) -> None:
        self.painter = painter
        self.unit = min(room.width() / WIDTH, room.height() / HEIGHT)
        self._left = room.x() + (room.width() - WIDTH * self.unit) / 2
        self._top = room.y() + (room.height() - HEIGHT * self.unit) / 2
        self._paper, self._family = theme.color("panel"), theme.family(category)
        self._roles = {
            "family": self._family,
            "pale": theme.mixed(self._paper, self._family, 0.28),
            "accent": theme.color("accent"),
            "ink": theme.color("text"),
            "soft": theme.color("text.soft"),
            "line": theme.color("border"),
            "paper": self._paper,
            "error": theme.color("error"),
        }
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def color(self, wanted: Colour) -> QColor:
        """The colour of a role, or of a share between paper (0) and family (1)."""
        if isinstance(wanted, str):
            return self._roles[wanted]
        return theme.mixed(self._paper, self._family, max(0.0, min(1.0, wanted)))

    # Places

    def at(self, x: float, y: float) -> QPointF:
        """A point of the sheet in pixels."""
        return QPointF(self._left + x * self.unit, self._top + y * self.unit)

    def rect(self, x: float, y: float, width: float, height: float) -> QRectF:
        """A part of the sheet in pixels."""
        return QRectF(self.at(x, y), self.at(x + width, y + height))

    # Strokes

    def stroke(self, color: Colour = "soft", width: float = 1.2, dashed: bool = False) -> None:
        """Draw lines of this colour from now on."""
        pen = QPen(self.color(color), max(1.0, width * self.unit))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        self.painter.setPen(pen)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)

    def segment(self, start: Point, end: Point, color: Colour = "soft", width: float = 1.0) -> None:
        """A straight line."""
        self.stroke(color, width)
        self.painter.drawLine(QLineF(self.at(*start), self.at(*end)))

    def arrow(self, start: Point, end: Point, color: Colour = "soft", width: float = 1.3) -> None:
        """A line with a head at its end."""
        self.segment(start, end, color, width)
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        head = [
            self.at(end[0] - 5 * math.cos(angle + turn), end[1] - 5 * math.sin(angle + turn)) for turn in (0.5, -0.5)
        ]
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(self.color(color))
        self.painter.drawPolygon(QPolygonF([self.at(*end), *head]))

    def arc(self, start: Point, end: Point, bow: float, color: Colour = "soft") -> None:
        """A bowed line with a head; ``bow`` is how far its middle is lifted."""
        path = QPainterPath(self.at(*start))
        middle = ((start[0] + end[0]) / 2, min(start[1], end[1]) - 2 * bow)
        path.quadTo(self.at(*middle), self.at(*end))
        self.stroke(color, 1.2)
        self.painter.drawPath(path)
        self.arrow((end[0] + (middle[0] - end[0]) * 0.08, end[1] + (middle[1] - end[1]) * 0.08), end, color)

    def box(
        self, x: float, y: float, width: float, height: float, fill: Colour | None = None, edge: Colour = "line"
    ) -> None:
        """A rectangle with slightly round corners."""
        self.stroke(edge, 1.0)
        self.painter.setBrush(self.color("paper" if fill is None else fill))
        self.painter.drawRoundedRect(self.rect(x, y, width, height), 2 * self.unit, 2 * self.unit)

    def cell(
        self, x: float, y: float, width: float, height: float, fill: Colour | None = None, thick: float = 0.8
    ) -> None:
        """A rectangle with a thin edge, one of many."""
        self.stroke("line", thick)
        self.painter.setBrush(self.color("paper" if fill is None else fill))
        self.painter.drawRect(self.rect(x, y, width, height))

    def frame(
        self, x: float, y: float, width: float, height: float, color: Colour = "accent", thick: float = 2.0
    ) -> None:
        """An outline around a part, such as a window that slides."""
        self.stroke(color, thick)
        self.painter.drawRect(self.rect(x, y, width, height))

    def disc(
        self, x: float, y: float, radius: float, fill: Colour | None = None, text: str = "", edge: Colour = "line"
    ) -> None:
        """A unit, or a sign in a circle."""
        self.stroke(edge, 1.0)
        self.painter.setBrush(self.color("pale" if fill is None else fill))
        self.painter.drawEllipse(self.at(x, y), radius * self.unit, radius * self.unit)
        if text:
            self.text(x, y, text, "ink", on=fill, bold=True)

    def cross(self, x: float, y: float, size: float) -> None:
        """Struck out."""
        self.segment((x - size, y - size), (x + size, y + size), "error", 1.8)
        self.segment((x - size, y + size), (x + size, y - size), "error", 1.8)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        color: Colour = "soft",
        *,
        on: Colour | None = None,
        bold: bool = False,
        side: Side = "middle",
    ) -> None:
        """Words at a point: around it, or to its ``left`` or ``right``. Never smaller than 9 points."""
        font = QFont(theme.base_font())
        font.setPointSizeF(max(theme.SMALLEST_POINTS, font.pointSizeF() * 0.93))
        font.setBold(bold)
        metrics = QFontMetricsF(font, self.painter.device())
        width, height = metrics.horizontalAdvance(words) + 2, metrics.height()
        place = self.at(x, y)
        left = {"middle": place.x() - width / 2, "right": place.x(), "left": place.x() - width}[side]
        edges = self.rect(0, 0, WIDTH, HEIGHT)
        left = max(edges.left(), min(left, edges.right() - width))
        self.painter.setFont(font)
        self.painter.setPen(self.color(color) if on is None else theme.text_on(self.color(on)))
        box = QRectF(left, place.y() - height / 2, width, height)
        self.painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, words)

    # Pieces that many pictures share

    def grid(
        self,
        x: float,
        y: float,
        rows: int,
        columns: int,
        cell: float,
        fills: Fills = None,
        texts: Sequence[Sequence[str]] = (),
    ) -> None:
        """Cells in rows; ``fills`` is the colour of all, or says that of those that are not empty."""
        for row in range(rows):
            for column in range(columns):
                if isinstance(fills, Mapping):
                    fill = fills.get((row, column))
                else:
                    fill = fills(row, column) if callable(fills) else fills
                self.cell(x + column * cell, y + row * cell, cell, cell, fill)
                if texts:
                    middle = x + (column + 0.5) * cell, y + (row + 0.5) * cell
                    self.text(*middle, texts[row][column], "ink", on=fill)

    def stack(self, x: float, y: float, sheets: int, rows: int, columns: int, cell: float, fills: Fills = None) -> None:
        """Several grids behind each other; ``fills`` is for the one in front."""
        for depth in reversed(range(sheets)):
            self.grid(x + 5 * depth, y - 5 * depth, rows, columns, cell, fills if depth == 0 else None)

    def bars(self, x: float, base: float, values: Sequence[float], width: float, height: float, step: float) -> None:
        """Upright bars; ``height`` is that of a value of 1."""
        for number, value in enumerate(values):
            top = base - value * height if value > 0 else base
            self.box(x + number * step, top, width, max(0.8, abs(value) * height), "family")
        self.segment((x - 2, base), (x + len(values) * step, base), "soft", 0.8)

    def plot(self, curve: Curve, settings: Settings) -> None:
        """The curve over its axes, from the very function."""
        left, right, top, bottom = 22.0, 218.0, 8.0, 78.0
        count = 160
        across = [curve.low + (curve.high - curve.low) * step / count for step in range(count + 1)]
        lines = [[function(x, settings) for x in across] for function in curve.functions]
        finite = [value for line in lines for value in line if math.isfinite(value)] or [0.0, 1.0]
        low, high = min(0.0, min(finite)), max(0.0, max(finite))
        if high - low < 1e-9:
            high = low + 1.0
        if high - low > 12:  # one steep end must not flatten all the rest
            low, high = max(low, -6.0), min(high, 6.0)

        def place(x: float, y: float) -> QPointF:
            return self.at(
                left + (x - curve.low) / (curve.high - curve.low) * (right - left),
                bottom - (min(max(y, low), high) - low) / (high - low) * (bottom - top),
            )

        self.stroke("line", 1.0)
        self.painter.drawLine(QLineF(place(curve.low, 0), place(curve.high, 0)))
        if curve.low <= 0 <= curve.high:
            self.painter.drawLine(QLineF(place(0, low), place(0, high)))
        roles = ("family", "accent")
        for line, color in zip(lines, roles, strict=False):
            self.stroke(color, 2.2)
            path = QPainterPath()
            drawing = False
            for x, y in zip(across, line, strict=True):
                good = math.isfinite(y) and low - 1e-9 <= y <= high + 1e-9
                if good and drawing:
                    path.lineTo(place(x, y))
                elif good:
                    path.moveTo(place(x, y))
                drawing = good
            self.painter.drawPath(path)
        self.text((left + right) / 2, 92, curve.across)
        self.text(2, top + 1, curve.up, side="right")
        for x in (curve.low, curve.high):
            point = place(x, 0)
            self.text(
                (point.x() - self._left) / self.unit, min(85.0, (point.y() - self._top) / self.unit + 7), f"{x:g}"
            )
        for number, name in enumerate(curve.names):
            self.text(228, 14 + 13 * number, name, roles[number], bold=True, side="left")
