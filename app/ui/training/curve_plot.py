"""One pair of axes with its curves, legend and cursor. Imports pyqtgraph, so it is itself imported late."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import (
    QGraphicsItem,
    QLabel,
    QToolTip,
    QWidget,
)

from app.insight.numbers import NumberFormat
from app.ui import scale, theme
from app.ui.layouts import column, row, whole_width
from app.ui.training.curve_axis import CurveAxis, TimedView
from app.ui.training.curve_pens import EARLIER, OVERLAID, change_pen, other_pen, pen_of
from app.ui.training.curve_points import within
from app.ui.training.kept_marks import KeptMarks

_GOOD = 70  # the height of axes from which on two plots stand beside each other
LOW = 50  # the least height of the axes: three numbers one above the other, and those below
_OFFSET = 4  # pixels between an axis and its numbers
_NEAR = 5  # pixels at 100 % that a click may be beside a batch
_NARROW = 200  # pixels at 100 %: a legend beside the switch in half a small screen
_WORD = 84  # of the axes: in lower ones the word below takes the room that the curve needs
# Epochs that are marked with a dot each; the dots of more would run together to a band that hides the other curve.
MOST_MARKS = 60
_WORDED = ("train", "validation", "batch", "high")
_MARKS = {"train": "o", "validation": "s"}
_SAID = "\N{BLACK CIRCLE}"
USUALLY = ", validation"  # what is drawn of other runs, which a legend need not say


class CurvePlot(QWidget):
    """One pair of axes with its title and legend above. ``zoomed`` tells that somebody looks at another part."""

    zoomed = Signal()
    asked = Signal(float, float, object)  # a right click: where in epochs, how many a few pixels are, and on the screen
    kept_chosen = Signal(int, object)  # a click on the mark of a kept epoch

    def __init__(self, title: str, unit: str) -> None:
        super().__init__()
        self.title = title
        self.unit = unit
        self._label = QLabel(textFormat=Qt.TextFormat.RichText)
        self._label.setWordWrap(True)  # the legend takes a second line rather than a wider panel
        self._label.setMinimumWidth(60)
        self._left, self._lines_axis = CurveAxis("left"), CurveAxis("right")
        self.view = TimedView(enableMenu=False, axisItems={"left": self._left, "right": self._lines_axis})
        self._box = self.view.getPlotItem().getViewBox()
        self._box.setMouseMode(pg.ViewBox.RectMode)  # dragging draws a frame; the wheel zooms at the pointer
        self._box.sigRangeChangedManually.connect(self._look_closer)
        self._box.sigXRangeChanged.connect(self._moved_on)
        self.in_detail = False  # whether a part is looked at that somebody chose
        self.view.hideButtons()
        self.view.setFrameShape(self.view.Shape.NoFrame)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.viewport().setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents, False)
        self.view.setMinimumSize(80, LOW)
        self.view.setAccessibleName(f"{title} by epoch")
        plot = self.view.getPlotItem()
        # pyqtgraph makes this whether it is wanted or not, and without a parent it would outlive the window.
        plot.ctrlMenu.setParent(self.view, plot.ctrlMenu.windowFlags())
        plot.setContentsMargins(0, 7, 10, 0)
        self._curves: dict[str, Any] = {}
        self._raw: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._logarithmic = False
        self._smooth = 1
        self._others: list[tuple[str, str, QPen]] = []  # name of the curve, words, pen
        for name in (*EARLIER, *OVERLAID, "low", "high", "batch", "train", "validation"):
            curve = pg.PlotDataItem(antialias=name != "batch", connect="finite")
            curve.hide()  # until there are numbers: one that is shown costs its share of each painting
            plot.addItem(curve)
            self._curves[name] = curve
        self._band = pg.FillBetweenItem(self._curves["low"], self._curves["high"])
        self._band.setZValue(-10)
        self._band.hide()
        plot.addItem(self._band, ignoreBounds=True)
        self._cursor = pg.InfiniteLine(0, 90)
        self._cursor.hide()
        plot.addItem(self._cursor, ignoreBounds=True)
        self._used: tuple[str, ...] = ()
        self._changes: list[tuple[float, str]] = []
        self._lines: list[Any] = []
        self._kept = KeptMarks(self.view, self._box)
        self._framed = (0, 0.0, 0.0)
        self._crowded = False
        self._named = True
        self._legend: list[str] = []  # title and what the colours mean, as it is read
        self._tick_font = self.font()
        self._head = row((self._label, 1), spacing=0)
        column(self._head, (self.view, 1), of=self, spacing=1)
        # pyqtgraph takes a press of half a second for a drag when the hand trembles by one pixel, and the menu is lost.
        self.view.scene().minDragTime = math.inf
        self.view.scene().sigMouseClicked.connect(self._clicked)
        self.view.scene().sigMouseMoved.connect(self._moved)
        self.view.viewport().installEventFilter(self)

    def name(self, title: str, unit: str) -> None:
        """Show something else."""
        if (title, unit) != (self.title, self.unit):
            self.title, self.unit = title, unit
            self.view.setAccessibleName(f"{title} by epoch")
            self._say()

    def choice(self, widget: QWidget) -> None:
        """Let a student choose at the right of the title what is shown."""
        self._head.addWidget(widget)

    @property
    def legend(self) -> QLabel:
        """Title and what the colours mean."""
        return self._label

    def lead(self, switch: QWidget | None) -> None:
        """Let ``switch`` stand in the place of the title."""
        if switch is not None and self._head.indexOf(switch) < 0:
            self._head.insertWidget(0, switch)
            switch.show()
        named = switch is None
        if named != self._named:
            self._named = named
            self._say()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_axis()

    def least_height(self) -> int:
        """That of the legend at the present width, and of the lowest axes."""
        return self._head.minimumHeightForWidth(whole_width(self)) + 1 + self.view.minimumHeight()

    def good_height(self, width: int) -> int:
        """That of title and legend in so much ``width``, whatever stands in the head now, and of axes that show a
        curve well."""
        metrics, lines, room = self._label.fontMetrics(), 1, width
        for part in self._legend:
            taken = round(1.1 * metrics.horizontalAdvance(f"{part}  "))  # the title is bold
            if taken > room and room < width:
                lines, room = lines + 1, width
            room -= taken
        return lines * metrics.lineSpacing() + scale.letters_px(_GOOD)

    def _fit_axis(self) -> None:
        """Leave the word below low axes out; then the title says it."""
        axis = self.view.getPlotItem().getAxis("bottom")
        worded = self.view.height() >= scale.px(_WORD)
        if worded != axis.label.isVisible():
            axis.showLabel(worded)
            self._say()
        # pyqtgraph leaves four fifths of what the letters need, and knows that only once it has painted them.
        letters = QFontMetrics(self._tick_font).height() + _OFFSET
        axis.setHeight(letters + (round(0.8 * axis.label.boundingRect().height()) if worded else 0))

    def dress(self) -> None:
        """Take the colours and the font of the theme."""
        plot = self.view.getPlotItem()
        self.view.setBackground(theme.color("plot.background"))
        font = self._tick_font = QFont(self.font())
        font.setPointSizeF(max(theme.SMALLEST_POINTS, font.pointSizeF()))
        text = theme.color("plot.text")
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            # An axis takes 2 ms to paint, more than its curve, and hardly ever changes.
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
            axis.setPen(theme.color("plot.grid"))
            axis.setTextPen(text)
            axis.setTickFont(font)
            axis.setStyle(tickTextOffset=_OFFSET, tickLength=-4, hideOverlappingLabels=False)
        plot.getAxis("left").setWidth(round(5.4 * font.pointSizeF()))
        # The lines belong to an axis of their own at the right: one that has lines cuts off its first and last number.
        lines = plot.getAxis("right")
        lines.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        lines.setPen(theme.color("plot.grid"))
        lines.setStyle(showValues=False, tickLength=0)
        lines.setWidth(1)
        lines.setGrid(90)
        plot.showAxis("right")
        plot.setLabel("bottom", "epoch", color=text.name(), **{"font-size": f"{font.pointSizeF()}pt"})
        for name, curve in self._curves.items():
            if name in EARLIER or name in OVERLAID:
                continue
            curve.setPen(pen_of(name, self._crowded) if name not in ("low", "high") else None)
            if name in _MARKS:
                curve.setSymbolSize(5)
                curve.setSymbolPen(None)
                curve.setSymbolBrush(pen_of(name).color())
        for line in (*self._lines, self._cursor):
            line.setPen(change_pen())
        self._kept.dress()
        fill = QColor(theme.color("plot.train"))
        fill.setAlpha(70)
        self._band.setBrush(fill)
        self._others = [(name, words, other_pen(name)) for name, words, _ in self._others]
        for name, _, pen in self._others:
            self._curves[name].setPen(pen)
        self._mark()
        self._fit_axis()
        self._say()

    def _mark(self) -> None:
        """Put a dot at each epoch while the dots can stand apart; a single epoch is nothing but its dot."""
        for name, mark in _MARKS.items():
            curve = self._curves[name]
            x, _ = curve.getData()
            wanted = mark if self._framed[0] <= MOST_MARKS or x is None or len(x) < 2 else None
            if curve.opts["symbol"] != wanted:
                curve.setSymbol(wanted)

    def _say(self) -> None:
        words = {
            "train": "training",
            "validation": "validation",
            "batch": "each batch" if self._smooth == 1 else f"mean of {self._smooth:,} batches",
            "high": "lowest to highest batch" if self._smooth == 1 else f"range of means of {self._smooth:,} batches",
        }
        unit = f"in&nbsp;{self.unit}" if self.unit else ""
        told_below = self.view.getPlotItem().getAxis("bottom").label.isVisible()
        # In a narrow legend, or in one beside a switch, these two words would make it one line higher.
        by = "" if told_below or not self._named or self._label.width() < scale.letters_px(_NARROW) else "by&nbsp;epoch"
        parts = [" ".join(filter(None, (f"<b>{self.title}</b>" if self._named else "", unit, by)))]
        told = [(words[name], pen_of(name, self._crowded)) for name in _WORDED if name in self._used]
        told += [(label.removesuffix(USUALLY), pen) for name, label, pen in self._others if name in self._used]
        for label, pen in told:
            said = escape(label).replace(" ", "&nbsp;")
            parts.append(f"<span style='color:{pen.color().name()}'>{_SAID}</span>&nbsp;{said}")
        self._label.setText("&nbsp; ".join(filter(None, parts)))
        self._legend = [f"{self.title} {self.unit and f'in {self.unit}'}", *(f"{_SAID} {label}" for label, _ in told)]

    def draw(self, name: str, x: np.ndarray, y: np.ndarray, crowded: bool = False) -> None:
        """Show one curve; nothing of it while there are no numbers. ``crowded`` makes that of the batches fainter."""
        good = bool(np.isfinite(y).any())
        self._raw[name] = (x, y) if good else (x[:0], y[:0])
        self._curves[name].setData(*self._drawn(name))
        if name in _MARKS:
            self._mark()
        elif name == "batch" and crowded != self._crowded:
            self._crowded = crowded
            self._curves[name].setPen(pen_of(name, crowded))
            self._say()
        if good != (name in self._used):
            self._curves[name].setVisible(good)
            self._used = (*self._used, name) if good else tuple(one for one in self._used if one != name)
            self._say()

    def _drawn(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """A curve in the scale of the plot; what has no logarithm leaves a gap."""
        x, y = self._raw[name]
        if not self._logarithmic:
            return x, y
        return x, np.log10(y, out=np.full(len(y), np.nan), where=y > 0)

    def draw_others(self, others: Sequence[tuple[str, bool, np.ndarray, np.ndarray]]) -> None:
        """Show curves of other runs: words, whether pale, and the numbers."""
        free = {True: iter(EARLIER), False: iter(OVERLAID)}
        shown: list[tuple[str, str, QPen]] = []
        for words, pale, x, y in others:
            name = next(free[pale], None)
            if name is not None:
                shown.append((name, words, other_pen(name)))
                self._curves[name].setPen(shown[-1][2])
                self.draw(name, x, y)
        for name in {each for each, *_ in self._others} - {each for each, *_ in shown}:
            self.draw(name, np.empty(0), np.empty(0))
        if [each[:2] for each in shown] != [each[:2] for each in self._others]:
            self._others = shown
            self._say()

    def draw_band(self, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """Fill what lies between two curves."""
        if len(x) or self._band.isVisible():
            self._band.setVisible(len(x) > 0)
            self.draw("low", x, low)
            self.draw("high", x, high)

    def smooth(self, count: int) -> None:
        """Say of how many batches each point is the mean."""
        if count != self._smooth:
            self._smooth = count
            self._say()

    def set_logarithmic(self, on: bool) -> None:
        """Let equal steps mean equal factors."""
        if on == self._logarithmic:
            return
        self._logarithmic = on
        for axis in (self._left, self._lines_axis):
            axis.set_logarithmic(on)
        for name in self._raw:
            self._curves[name].setData(*self._drawn(name))
        self._framed, self.in_detail = (0, 0.0, 0.0), False

    def mark_changes(self, marks: Sequence[tuple[float, str]]) -> None:
        """A line at each place where a setting was changed, with what it was for the mouse."""
        if list(marks) == self._changes:
            return
        self._changes = list(marks)
        plot = self.view.getPlotItem()
        for line in self._lines:
            plot.removeItem(line)
        self._lines = []
        for at, words in marks:
            line = pg.InfiniteLine(at, 90, pen=change_pen())
            line.setToolTip(words)
            plot.addItem(line, ignoreBounds=True)
            self._lines.append(line)

    def mark_kept(self, epochs: Sequence[int]) -> None:
        """Mark the epochs that can be gone back to."""
        self._kept.show_epochs(epochs)

    def _clicked(self, event: Any) -> None:
        at = event.scenePos()
        if not self._box.sceneBoundingRect().contains(at):
            return
        epoch, place = self._box.mapSceneToView(at).x(), event.screenPos().toPoint()
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            per_pixel = abs(self._box.viewPixelSize()[0])
            self.asked.emit(epoch, _NEAR * scale.px(1) * per_pixel, place)
        elif event.button() == Qt.MouseButton.LeftButton and not event.double():
            kept = self._kept.at(at)
            if kept is not None:
                event.accept()
                self.kept_chosen.emit(kept, place)

    def paint_curves(self, painter: QPainter, above: QWidget) -> None:
        """Paint all curves as they lie over ``above``, in its pixels: a file of shapes has no pens of the screen."""
        (left, right), (low, high) = self._box.viewRange()

        def line(name: str) -> list[QPointF]:
            x, y = self._drawn(name)
            part = within(x, left, right)
            points = []
            for across, value in zip(x[part], y[part], strict=True):
                if left <= across <= right and math.isfinite(value):
                    place = self._box.mapViewToScene(QPointF(across, min(max(value, low), high)))
                    points.append(QPointF(self.view.viewport().mapTo(above, self.view.mapFromScene(place))))
            return points

        if self._band.isVisible():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._band.brush())
            painter.drawPolygon(QPolygonF([*line("low"), *reversed(line("high"))]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for name in sorted(self._used, key=list(self._curves).index):
            if name not in ("low", "high"):
                pen = next((pen for each, _, pen in self._others if each == name), pen_of(name, self._crowded))
                pen = QPen(pen)
                pen.setCosmetic(False)
                painter.setPen(pen)
                points = line(name)
                painter.drawPolyline(points)
                if name in _MARKS and len(points) <= MOST_MARKS:
                    for point in points:
                        painter.drawEllipse(point, 2.0, 2.0)

    @contextmanager
    def without_curves(self) -> Iterator[None]:
        """Axes and words alone, for as long as the ``with`` lasts, and nothing of them as pixels."""
        axes = [self.view.getPlotItem().getAxis(side) for side in ("left", "bottom", "right")]
        items = [*(self._curves[name] for name in self._used), *([self._band] if self._band.isVisible() else [])]
        for item in items:
            item.hide()
        for axis in axes:
            axis.setCacheMode(QGraphicsItem.CacheMode.NoCache)
        try:
            yield
        finally:
            for item in items:
                item.show()
            for axis in axes:
                axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def frame(self, epochs: int, low: float, high: float) -> None:
        """Show all epochs and this range of values, or one so near to it that the axis can stay."""
        before, bottom, top = self._framed
        if before == epochs and bottom == low and high <= top <= 1.08 * high:
            return
        self._framed = (epochs, low, high)
        if epochs != before:
            self._mark()
        if not self.in_detail:
            self._show_frame()

    def _show_frame(self) -> None:
        epochs, low, high = self._framed
        if self._logarithmic:
            positive = [y[(y > 0) & np.isfinite(y)] for _, y in self._raw.values()]
            least = min((float(values.min()) for values in positive if values.size), default=high / 10)
            # A loss that has fallen to nothing must not press everything else to the ceiling.
            low, high = math.log10(max(least, high * 1e-12)) - 0.05, math.log10(max(high, least * 1.1)) + 0.02
        self._box.setRange(xRange=(0, epochs), yRange=(low, high), padding=0)

    def settle(self) -> None:
        """Reckon now what pyqtgraph would find out while it paints, after which it would paint all curves once more."""
        self.view.scene().prepareForPaint()

    @property
    def seen(self) -> tuple[float, float]:
        """The first and the last place that are in view, in epochs."""
        low, high = self._box.viewRange()[0]
        return float(low), float(high)

    def show_whole(self) -> None:
        """Undo zooming."""
        if self.in_detail:
            self.in_detail = False
            self._show_frame()
            self.zoomed.emit()

    def _look_closer(self, *_: object) -> None:
        self.in_detail = True
        self.zoomed.emit()

    def _moved_on(self, *_: object) -> None:
        if self.in_detail:
            self.zoomed.emit()

    def values_at(self, epoch: float, lines: bool = False) -> str:
        """The numbers of the epoch nearest to a place: ``epoch 3: training 0.23, validation 0.15``; or on ``lines`` of
        their own, where other runs go by their names alone."""
        found: list[tuple[str, float]] = []
        nearest = None
        for name in ("train", "validation", "batch", "low", "high", *(each for each, *_ in self._others)):
            x, y = self._raw.get(name, (np.empty(0), np.empty(0)))
            if not len(x):
                continue
            index = int(np.abs(x - epoch).argmin())
            if name in ("train", "validation"):
                nearest = int(x[index])
            elif not x[0] - 0.5 <= epoch <= x[-1] + 0.5:
                continue  # it has no number there
            if np.isfinite(y[index]):
                found.append((self._short_words(name), float(y[index])))
        number = NumberFormat(value for _, value in found)
        parts = [f"{name} {f'{value:.1f} %' if self.unit else number.exact(value)}" for name, value in found]
        changed = [words for at, words in self._changes if nearest is not None and abs(at - epoch) < 0.5]
        where = f"epoch {nearest}" if nearest is not None else f"epoch {max(1, math.ceil(epoch))}"
        if lines:
            return "\n".join((where, *(part.replace(USUALLY, "", 1) for part in parts), *changed)) if parts else ""
        return f"{where}: {', '.join([*parts, *changed])}" if parts else ""

    def _short_words(self, name: str) -> str:
        words = {"train": "training", "batch": "batch", "low": "lowest batch", "high": "highest batch"}
        if self._smooth > 1:
            words["batch"] = f"mean of {self._smooth:,} batches"
        return next((label for each, label, _ in self._others if each == name), words.get(name, name))

    def _moved(self, at: QPointF) -> None:
        inside = self._box.sceneBoundingRect().contains(at)
        place = self._box.mapSceneToView(at).x()
        text = self.values_at(place, lines=True) if inside else ""
        self._cursor.setVisible(bool(text))
        if text:
            self._cursor.setValue(place)
            QToolTip.showText(self.view.mapToGlobal(self.view.mapFromScene(at)), text, self.view)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.show_whole()
        return super().eventFilter(watched, event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.point_nowhere()

    def point_nowhere(self) -> None:
        """Take the line at the mouse away."""
        self._cursor.hide()
