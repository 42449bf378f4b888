"""How the signals of one layer went over a training: two curves, and histograms as bands of colour over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.insight.signal_values import BINS, GUIDE, Histogram, LayerSignal, number
from app.ui import scale, theme
from app.ui.insight.signal_table import GOOD

if TYPE_CHECKING:
    import numpy as np

MOST_MOMENTS = 240  # beyond that, every second one is dropped
LEVELS = 64  # of a band of colour, from its lowest value to its highest
_PAD = 6


@dataclass(frozen=True, eq=False)
class SignalMoment:
    """The layers at one moment of a training, by path. ``progress`` is in epochs."""

    progress: float
    layers: dict[str, LayerSignal]


class SignalCourse:
    """The moments of one training, thinned evenly where they become many."""

    def __init__(self) -> None:
        self.moments: list[SignalMoment] = []

    def add(self, progress: float, layers: Sequence[LayerSignal]) -> None:
        """Another moment. One that does not lie behind the last replaces it: nothing was learned in between."""
        moment = SignalMoment(progress, {layer.path: layer for layer in layers})
        if self.moments and progress <= self.moments[-1].progress:
            self.moments = [each for each in self.moments if each.progress < progress]
        self.moments.append(moment)
        if len(self.moments) > MOST_MOMENTS:
            self.moments = [*self.moments[:-1:2], self.moments[-1]]

    def clear(self) -> None:
        """Another training begins."""
        self.moments = []

    def course(self, path: str, of: Callable[[LayerSignal], float | None]) -> list[tuple[float, float]]:
        """One number of a layer over the epochs; moments without it are left out."""
        found = []
        for moment in self.moments:
            layer = moment.layers.get(path)
            value = of(layer) if layer is not None else None
            if value is not None and math.isfinite(value):
                found.append((moment.progress, value))
        return found


def band(histograms: Sequence[Histogram]) -> tuple[np.ndarray, float, float]:
    """Histograms side by side on one axis: roots of the densities ``(LEVELS, n)``, so that the few values far out are
    seen, with the highest value first and the largest of each column as 1; and the ends of the axis."""
    import numpy as np  # not at the window's start

    low, high = min(each.low for each in histograms), max(each.high for each in histograms)
    edges = np.linspace(low, high, LEVELS + 1)
    columns = []
    for each in histograms:
        own = np.linspace(each.low, each.high, BINS + 1)
        below = np.concatenate([[0.0], np.cumsum(each.counts)])
        counts = np.diff(np.interp(edges, own, below, left=0.0, right=below[-1]))
        columns.append(np.sqrt(counts / max(counts.max(), 1e-12)))
    return np.stack(columns, 1)[::-1].astype(np.float32), low, high


@dataclass(frozen=True)
class _Field:
    """One of the drawings: its words, and what it shows."""

    title: str
    value: Callable[[LayerSignal], float | None] | None = None
    spread: Callable[[LayerSignal], Histogram | None] | None = None
    guide: float | None = None


FIELDS = (
    _Field("Gradient", value=lambda layer: layer.gradient),
    _Field("Update ÷ weights", value=lambda layer: layer.update, guide=GUIDE),
    _Field("Weights", spread=lambda layer: layer.weights),
    _Field("Gradients", spread=lambda layer: layer.gradients),
    _Field("Values", spread=lambda layer: layer.values),
)


class SignalHistory(QWidget):
    """Draws one layer. The cursor tells the numbers below it."""

    def __init__(self) -> None:
        super().__init__()
        self.path = ""
        self.history = SignalCourse()
        self.now: LayerSignal | None = None
        self._places: list[tuple[QRectF, _Field]] = []
        self.setMouseTracking(True)
        self.setAccessibleName("Signals of the layer over time")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(scale.px(420), scale.px(170))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale.letters_px(260), scale.px(110))

    def show_layer(self, path: str, now: LayerSignal | None, history: SignalCourse) -> None:
        """Show this layer: as it is now, and how it came to be."""
        self.path, self.now, self.history = path, now, history
        self.setAccessibleDescription(self._words())
        self.update()

    def _words(self) -> str:
        if self.now is None:
            return ""
        parts = [f"Layer {self.path}"]
        for field in FIELDS:
            if field.value is not None and (value := field.value(self.now)) is not None:
                parts.append(f"{field.title} {number(value)}")
        return "; ".join(parts)

    def fields(self) -> list[_Field]:
        """What there is to draw of this layer."""
        now = self.now
        if now is None:
            return []
        return [
            field
            for field in FIELDS
            if (field.value is not None and self.history.course(self.path, field.value))
            or (field.spread is not None and field.spread(now) is not None)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            line = painter.fontMetrics().height()
            painter.setPen(theme.color("text"))
            fields = self.fields()
            self._places = []
            if not fields:
                return
            title = f"{self.path} over the epochs" if len(self.history.moments) > 1 else f"{self.path} now"
            painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, title)
            across = 1 if self.width() < scale.letters_px(200) else len(fields)
            if self.width() < scale.letters_px(110) * len(fields) and len(fields) > 1:
                across = math.ceil(len(fields) / 2)
            down = math.ceil(len(fields) / across)
            gap = scale.px(8)
            wide = (self.width() - gap * (across - 1)) / across
            high = (self.height() - line - 2 - gap * (down - 1)) / down
            for index, field in enumerate(fields):
                row, column = divmod(index, across)
                room = QRectF(column * (wide + gap), line + 2 + row * (high + gap), wide, high)
                self._paint_field(painter, room, field, line)

    def _paint_field(self, painter: QPainter, room: QRectF, field: _Field, line: int) -> None:
        painter.setPen(theme.color("text.soft"))
        title = painter.fontMetrics().elidedText(field.title, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(QRectF(room.left(), room.top(), room.width(), line), Qt.AlignmentFlag.AlignLeft, title)
        place = QRectF(room.left(), room.top() + line + 1, room.width(), room.height() - 2 * line - 3)
        if place.height() < 12:
            return
        painter.fillRect(place, theme.color("plot.background"))
        if field.value is not None:
            edges = self._paint_curve(painter, place, field)
        else:
            edges = self._paint_spread(painter, place, field)
        painter.setPen(theme.color("border"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)
        self._places.append((place, field))
        below = QRectF(room.left(), place.bottom() + 1, room.width(), line)
        painter.setPen(theme.color("text.soft"))
        words = painter.fontMetrics().elidedText(edges, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, words)

    def _paint_curve(self, painter: QPainter, place: QRectF, field: _Field) -> str:
        """By powers of ten. Gives what is written below."""
        assert field.value is not None, "a field of a curve"
        points = [(x, y) for x, y in self.history.course(self.path, field.value) if y > 0]
        if not points:
            return "zero" if self.now is not None and field.value(self.now) == 0 else ""
        logs = [math.log10(y) for _, y in points]
        wanted = [*logs, *(math.log10(end) for end in (GOOD if field.guide is not None else ()))]
        low, high = min(wanted), max(wanted)
        if high - low < 1:
            low, high = (low + high) / 2 - 0.5, (low + high) / 2 + 0.5
        left, right = points[0][0], points[-1][0]
        inner = place.adjusted(_PAD / 2, _PAD / 2, -_PAD / 2, -_PAD / 2)

        def at(x: float, y: float) -> QPointF:
            along = (x - left) / (right - left) if right > left else 0.5
            return QPointF(
                inner.left() + along * inner.width(), inner.bottom() - (y - low) / (high - low) * inner.height()
            )

        for power in range(math.ceil(low), math.floor(high) + 1):
            level = at(left, power).y()
            painter.setPen(QPen(theme.color("plot.grid"), 1))
            painter.drawLine(QPointF(place.left(), level), QPointF(place.right(), level))
        if field.guide is not None:
            level = at(left, math.log10(field.guide)).y()
            painter.setPen(QPen(theme.color("ok"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(place.left(), level), QPointF(place.right(), level))
        painter.setPen(QPen(theme.color("plot.train"), 2))
        places = [at(x, y) for (x, _), y in zip(points, logs)]
        if len(places) > 1:
            painter.drawPolyline(QPolygonF(places))
        painter.setBrush(theme.color("plot.train"))
        painter.drawEllipse(places[-1], 2.5, 2.5)
        return number(points[-1][1])

    def _paint_spread(self, painter: QPainter, place: QRectF, field: _Field) -> str:
        """Bands of colour, one for each moment; bars where there is one moment."""
        assert field.spread is not None, "a field of histograms"
        found = [
            each
            for moment in self.history.moments
            if (layer := moment.layers.get(self.path)) is not None and (each := field.spread(layer)) is not None
        ]
        now = field.spread(self.now) if self.now is not None else None
        if now is not None and not found:
            found = [now]
        if not found:
            return ""
        from app.insight.colours import coloured
        from app.ui.insight.maps import to_image

        densities, low, high = band(found)
        if len(found) == 1:
            self._paint_bars(painter, place, found[0].counts)
        else:
            pixels = coloured(densities, 0.0, 1.0, "viridis")
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawImage(QRect(place.toRect()), to_image(pixels))
        return f"{number(low)} to {number(high)}"

    def _paint_bars(self, painter: QPainter, place: QRectF, counts: Sequence[int]) -> None:
        """A histogram that lies on its side, as the bands do: low values below."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("plot.train"))
        high, most = place.height() / len(counts), max(*counts, 1)
        for index, count in enumerate(reversed(counts)):
            wide = count / most * (place.width() - _PAD)
            painter.drawRect(QRectF(place.left(), place.top() + index * high, wide, max(high - 0.3, 0.5)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        for place, field in self._places:
            if place.contains(event.position()):
                text = self.told(field, (event.position().x() - place.left()) / place.width())
                QToolTip.showText(event.globalPosition().toPoint(), text, self)
                return
        QToolTip.hideText()

    def told(self, field: _Field, along: float) -> str:
        """What the cursor tells at a place of a drawing, from 0 at its left to 1 at its right."""
        layers = [(m.progress, m.layers[self.path]) for m in self.history.moments if self.path in m.layers]
        if not layers and self.now is not None:
            layers = [(math.nan, self.now)]
        if not layers:
            return ""
        if field.value is not None:
            layers = [(x, layer) for x, layer in layers if field.value(layer) is not None] or layers
            first, last = layers[0][0], layers[-1][0]
            nearest = min(layers, key=lambda each: abs(each[0] - (first + along * (last - first))))
            value = field.value(nearest[1])
            said = "not measured" if value is None else number(value)
        else:
            assert field.spread is not None, "every field is one or the other"
            nearest = layers[min(int(along * len(layers)), len(layers) - 1)]
            spread = field.spread(nearest[1])
            if spread is None:
                said = "no numbers"
            else:
                top = max(range(BINS), key=lambda place: spread.counts[place])
                width = (spread.high - spread.low) / BINS
                said = (
                    f"from {number(spread.low)} to {number(spread.high)}, most often around "
                    f"{number(spread.low + (top + 0.5) * width)}"
                )
        when = f"after {nearest[0]:.2f} epochs: " if math.isfinite(nearest[0]) else ""
        return f"{field.title} of {self.path}, {when}{said}"
