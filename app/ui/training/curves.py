"""The curves of loss and accuracy. The only importer of pyqtgraph, so it is itself imported late."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGraphicsItem,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from app.insight.numbers import NumberFormat
from app.training.numbers import is_share, named, word_of
from app.ui import scale, theme
from app.ui.inspector.boxes import CalmCombo
from app.ui.training.story import Story
from nodes.api import sentence_case

BESIDE = 380  # pixels at 100 %: from this width on both plots stand side by side
STACKED = 236  # and from this height on one above the other; in less room there is one, and a switch
LOW = 44  # the least height of the axes
_WORD = 84  # of the axes: in lower ones the word below takes the room that the curve needs
# Points that are drawn of the loss of single batches; a screen is not wider.
MOST_POINTS = 1200
CROWD = 4 * MOST_POINTS  # batches that fill an area and no longer make a curve
# Epochs that are marked with a dot each; the dots of more would run together to a band that hides the other curve.
MOST_MARKS = 60
_MARKS = {"train": "o", "validation": "s"}
USUAL = "accuracy"  # what the right plot is for, before anything is known
_SAID = "\N{BLACK CIRCLE}"


class Curves(QWidget):
    """Loss on the left, on the right whatever else was measured: the first metric, and others by a menu. The run before
    this one stays in pale ink for comparison."""

    def __init__(self) -> None:
        super().__init__()
        self.loss = _Plot("Loss", "")
        self.accuracy = _Plot("Accuracy", "%")
        layout = self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.loss, 1)
        layout.addWidget(self.accuracy, 1)
        self.switch = _Switch((self.loss.title, self.accuracy.title), self)
        self.switch.hide()
        self.switch.chosen.connect(self._arrange)
        self._scored = True  # whether there is an accuracy at all
        self._earlier: Story | None = None
        self._drawn: tuple[Story, int, int, str] | None = None
        self.which = CalmCombo()
        self.which.ask_for_all()
        self.which.setAccessibleName("What is shown at the right")
        self.which.hide()
        self.accuracy.choice(self.which)
        self.which.currentIndexChanged.connect(self._chosen)
        theme.notifier.changed.connect(self._dress)
        self._dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Side by side, one above the other where each would be too narrow, or one of them where there is no room."""
        narrow, low = self.width() < scale.px(BESIDE), self.height() < scale.px(STACKED)
        ways = QBoxLayout.Direction
        self._row.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        single = narrow and low and self._scored
        shown = self.accuracy if single and self.switch.current == 1 else self.loss
        self.accuracy.setVisible(self._scored and (not single or shown is self.accuracy))
        self.loss.setVisible(not single or shown is self.loss)
        for plot in (self.loss, self.accuracy):
            plot.lead(self.switch if single and plot is shown else None)
        if not single and self.switch.parentWidget() is not self:
            self.switch.setParent(self)  # out of the head that it stood in; Qt hides what gets another parent
        self.switch.setVisible(single)

    def _dress(self) -> None:
        self.loss.dress()
        self.accuracy.dress()
        self._arrange()

    def show_story(self, story: Story, earlier: Story | None = None) -> None:
        """Draw the run so far. Only what has changed is painted again: most of the time that is one curve."""
        reached = max(1, math.ceil(story.position - 1e-9))  # epochs nobody has trained would leave the plot empty
        steps, losses = thinned(story.steps, story.losses)
        self.loss.draw("batch", steps, losses, crowded=len(story.steps) > CROWD)
        self.loss.frame(reached, *_loss_limits(losses, _column(story, "val_loss")))
        marks = story.marks()
        for each in (self.loss, self.accuracy):
            each.mark_changes(marks)
        name = self._offer(story)
        now = (story, len(story.done), reached, name)
        if self._drawn == now and earlier is self._earlier:
            return
        other = self._drawn is None or self._drawn[3] != name
        self._drawn = now
        factor = 100.0 if is_share(name) else 1.0
        self.accuracy.name(sentence_case(word_of(name)), "%" if is_share(name) else "")
        epochs = np.array([done.epoch for done in story.done], float)
        self.loss.draw("train", epochs, _column(story, "train_loss"))
        self.loss.draw("validation", epochs, _column(story, "val_loss"))
        self.accuracy.draw("train", epochs, factor * _column(story, f"train_{name}"))
        self.accuracy.draw("validation", epochs, factor * _column(story, f"val_{name}"))
        if earlier is not self._earlier or other:
            self._earlier = earlier
            before = np.array([done.epoch for done in earlier.done], float) if earlier is not None else np.empty(0)
            for plot, what, times in ((self.loss, "val_loss", 1.0), (self.accuracy, f"val_{name}", factor)):
                values = times * _column(earlier, what) if earlier is not None else np.empty(0)
                plot.draw("earlier", before, values)
        self.accuracy.frame(reached, *_limits(story, name))
        self._scored = not story.done or bool(measured(story))
        self._arrange()

    def _offer(self, story: Story) -> str:
        """Offer what the run measures. Gives what is to be shown."""
        names = measured(story) or [USUAL]
        if names != [self.which.itemData(place) for place in range(self.which.count())]:
            chosen = self.which.currentData()
            with QSignalBlocker(self.which):
                self.which.clear()
                for name in names:
                    self.which.addItem(sentence_case(word_of(name)), name)
                self.which.setCurrentIndex(names.index(chosen) if chosen in names else 0)
            self.which.setVisible(len(names) > 1)
        return str(self.which.currentData())

    def _chosen(self, _: int) -> None:
        if self._drawn is not None:
            self.show_story(self._drawn[0], self._earlier)


def measured(story: Story) -> list[str]:
    """What a run tells of each epoch besides the loss: metrics first, then single losses of several."""
    told = [name for done in story.done[-1:] for part in ("train", "val") for name in named(done.metrics, part)]
    return sorted((name for name in dict.fromkeys(told) if name != "loss"), key=lambda name: "." in name)


def thinned(x: Sequence[float], y: Sequence[float], most: int = MOST_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """The curve with at most ``most`` points: of each stretch the lowest and the highest stay, so no peak is lost."""
    across, values = np.array(x, float), np.array(y, float)
    count = len(across)
    if count <= most:
        return across, values
    size = -(-count // (most // 2))
    whole = count // size * size
    stretches = _clean(values[:whole].reshape(-1, size))
    places = np.arange(len(stretches)) * size
    ends = np.stack([places + stretches.argmin(1), places + stretches.argmax(1)], 1)
    chosen = np.concatenate([np.sort(ends, 1).reshape(-1), np.arange(whole, count)])
    return across[chosen], values[chosen]


def _clean(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)


def _column(story: Story, name: str) -> np.ndarray:
    return np.array([done.metrics.get(name, np.nan) for done in story.done], float)


def _loss_limits(losses: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    values = np.concatenate([losses, held_out])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    # One wild batch must not press everything else to the floor.
    high = float(np.quantile(values, 0.995)) if values.size > 50 else float(values.max())
    low = min(0.0, float(values.min()))
    return low, max(high, low + 1e-6) * 1.05


def _limits(story: Story, name: str) -> tuple[float, float]:
    columns = [_column(story, f"{part}_{name}") for part in ("train", "val")]
    if not is_share(name):
        return _loss_limits(*columns)
    values = 100 * np.concatenate(columns)
    values = values[np.isfinite(values)]
    lowest = float(values.min()) if values.size else 0.0
    return max(0.0, 10.0 * (lowest // 10.0) - 5.0 if lowest >= 10 else 0.0), 101.0


class _Axis(pg.AxisItem):
    """An axis that writes all its numbers with the same power of ten."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        number = NumberFormat(values, step=spacing, reach=max(map(abs, self.range)))
        return [number(value) for value in values]


class _Switch(QWidget):
    """A button for each plot, one of which is down. ``chosen`` tells that another one is."""

    chosen = Signal()

    def __init__(self, titles: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._buttons: list[QToolButton] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(2)
        for title in titles:
            made = QToolButton()
            made.setText(title)
            made.setCheckable(True)
            made.setAutoExclusive(True)
            made.setToolTip(f"Show the curves of {title.lower()}; there is room for one plot only")
            made.setAccessibleName(f"Curves of {title.lower()}")
            made.clicked.connect(lambda: self.chosen.emit())
            self._buttons.append(made)
            row.addWidget(made)
        self._buttons[0].setChecked(True)

    @property
    def current(self) -> int:
        """The number of the plot that is chosen."""
        return next(index for index, made in enumerate(self._buttons) if made.isChecked())


class _Plot(QWidget):
    """One pair of axes with its title and legend above."""

    def __init__(self, title: str, unit: str) -> None:
        super().__init__()
        self.title = title
        self.unit = unit
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setWordWrap(True)  # the legend takes a second line rather than a wider panel
        self._label.setMinimumWidth(60)
        self._left = _Axis("left")
        self.view = pg.PlotWidget(enableMenu=False, axisItems={"left": self._left})
        self.view.setMouseEnabled(False, False)
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
        for name in ("earlier", "batch", "train", "validation"):
            curve = pg.PlotDataItem(antialias=name != "batch", connect="finite")
            plot.addItem(curve)
            self._curves[name] = curve
        self._used: tuple[str, ...] = ()
        self._changes: list[tuple[float, str]] = []
        self._lines: list[Any] = []
        self._framed = (0, 0.0, 0.0)
        self._crowded = False
        self._named = True
        head = self._head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(self._label, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self.view.scene().sigMouseMoved.connect(self._moved)

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

    def _fit_axis(self) -> None:
        """Leave the word below low axes out; then the title says it."""
        axis = self.view.getPlotItem().getAxis("bottom")
        worded = self.view.height() >= scale.px(_WORD)
        if worded != axis.label.isVisible():
            axis.showLabel(worded)
            self._say()

    def dress(self) -> None:
        """Take the colours and the font of the theme."""
        plot = self.view.getPlotItem()
        self.view.setBackground(theme.color("plot.background"))
        font = QFont(self.font())
        font.setPointSizeF(max(theme.SMALLEST_POINTS, font.pointSizeF()))
        text = theme.color("plot.text")
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            # An axis takes 2 ms to paint, more than its curve, and hardly ever changes.
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
            axis.setPen(theme.color("plot.grid"))
            axis.setTextPen(text)
            axis.setTickFont(font)
            axis.setStyle(tickTextOffset=4, tickLength=-4, hideOverlappingLabels=False)
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
            curve.setPen(_pen(name, self._crowded))
            if name in _MARKS:
                curve.setSymbolSize(5)
                curve.setSymbolPen(None)
                curve.setSymbolBrush(_pen(name).color())
        for line in self._lines:
            line.setPen(_change_pen())
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
            "batch": "each batch",
            "earlier": "run before, validation",
        }
        unit = f"in&nbsp;{self.unit}" if self.unit else ""
        by = "" if self.view.getPlotItem().getAxis("bottom").label.isVisible() else "by&nbsp;epoch"
        parts = [" ".join(filter(None, (f"<b>{self.title}</b>" if self._named else "", unit, by)))]
        for name in ("train", "validation", "batch", "earlier"):
            if name in self._used:
                colour = _pen(name, self._crowded).color().name()
                parts.append(f"<span style='color:{colour}'>{_SAID}</span>&nbsp;{words[name].replace(' ', '&nbsp;')}")
        self._label.setText("&nbsp; ".join(filter(None, parts)))

    def draw(self, name: str, x: np.ndarray, y: np.ndarray, crowded: bool = False) -> None:
        """Show one curve; nothing of it while there are no numbers. ``crowded`` makes that of the batches fainter."""
        good = bool(np.isfinite(y).any())
        self._curves[name].setData(x, y) if good else self._curves[name].setData([], [])
        if name in _MARKS:
            self._mark()
        elif name == "batch" and crowded != self._crowded:
            self._crowded = crowded
            self._curves[name].setPen(_pen(name, crowded))
            self._say()
        if good != (name in self._used):
            self._used = (*self._used, name) if good else tuple(one for one in self._used if one != name)
            self._say()

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
            line = pg.InfiniteLine(at, 90, pen=_change_pen())
            line.setToolTip(words)
            plot.addItem(line, ignoreBounds=True)
            self._lines.append(line)

    def frame(self, epochs: int, low: float, high: float) -> None:
        """Show all epochs and this range of values, or one so near to it that the axis can stay."""
        before, bottom, top = self._framed
        if before == epochs and bottom == low and high <= top <= 1.08 * high:
            return
        self._framed = (epochs, low, high)
        if epochs != before:
            self._mark()
        self.view.getPlotItem().getViewBox().setRange(xRange=(0, epochs), yRange=(low, high), padding=0)

    def values_at(self, epoch: float) -> str:
        """The numbers of the epoch nearest to a place: ``epoch 3: training 0.23, validation 0.15``."""
        found: list[tuple[str, float]] = []
        nearest = None
        for name in ("train", "validation"):
            x, y = self._curves[name].getData()
            if x is None or not len(x):
                continue
            index = int(np.abs(x - epoch).argmin())
            nearest = int(x[index])
            if np.isfinite(y[index]):
                found.append(("training" if name == "train" else name, float(y[index])))
        number = NumberFormat(value for _, value in found)
        parts = [f"{name} {f'{value:.1f} %' if self.unit else number.exact(value)}" for name, value in found]
        changed = [words for at, words in self._changes if nearest is not None and abs(at - epoch) < 0.5]
        return f"epoch {nearest}: {', '.join([*parts, *changed])}" if parts else ""

    def _moved(self, at: QPointF) -> None:
        box = self.view.getPlotItem().getViewBox()
        if not self.view.sceneBoundingRect().contains(at):
            return
        text = self.values_at(box.mapSceneToView(at).x())
        if text:
            QToolTip.showText(self.view.mapToGlobal(self.view.mapFromScene(at)), text, self.view)


def _change_pen() -> QPen:
    pen = QPen(theme.color("plot.text"))
    pen.setCosmetic(True)
    pen.setWidthF(max(1.0, theme.scale()))
    pen.setStyle(Qt.PenStyle.DotLine)
    return pen


def _pen(name: str, crowded: bool = False) -> QPen:
    role = {"train": "plot.train", "batch": "plot.train", "validation": "plot.validation", "earlier": "plot.text"}[name]
    colour = QColor(theme.color(role))
    if name == "batch":
        # The curves of the epochs must stand out from the area that thousands of batches fill.
        colour = theme.mixed(colour, theme.color("plot.background"), 0.72 if crowded else 0.55)
    elif name == "earlier":
        colour = theme.mixed(colour, theme.color("plot.background"), 0.45)
    pen = QPen(colour)
    pen.setCosmetic(True)
    pen.setWidthF((2.0 if name in ("train", "validation") else 1.0) * max(1.0, theme.scale()))
    if name == "earlier":
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen
