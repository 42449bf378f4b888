"""The curves of loss and accuracy. Alone in importing pyqtgraph, with ``curve_axis``, so it is itself imported late."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF, QResizeEvent
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
from app.ui.labels import menu_button, name_by_tip
from app.ui.training.curve_axis import Axis
from app.ui.training.curve_options import OptionsMenu
from app.ui.training.curve_points import MOST_POINTS, RunningMean, band, thinned, values_of, within
from app.ui.training.story import Story
from nodes.api import sentence_case

BESIDE = 380  # pixels at 100 %: from this width on both plots stand side by side
STACKED = 236  # and from this height on one above the other; in less room there is one, and a switch
LOW = 44  # the least height of the axes
_WORD = 84  # of the axes: in lower ones the word below takes the room that the curve needs
CROWD = 4 * MOST_POINTS  # batches that fill an area and no longer make a curve
# Epochs that are marked with a dot each; the dots of more would run together to a band that hides the other curve.
MOST_MARKS = 60
_MARKS = {"train": "o", "validation": "s"}
USUAL = "accuracy"  # what the right plot is for, before anything is known
_SAID = "\N{BLACK CIRCLE}"
EARLIER = ("run before", "2 runs before", "3 runs before")  # as the legend calls them
_USUALLY = ", validation"  # what is drawn of other runs, which a legend need not say
_FAMILIES = ("recurrent", "normalization", "attention", "activation", "pooling", "regularization", "losses", "block")
MOST_OVERLAID = len(_FAMILIES)


@dataclass(frozen=True)
class Overlaid:
    """Another run that is drawn behind this one. ``pale``: one of those that were trained before it."""

    label: str
    story: Story
    pale: bool = False


class Curves(QWidget):
    """Loss on the left, on the right whatever else was measured: the first metric, and others by a menu. The runs
    before this one stay in pale ink for comparison; others can be laid over it. ``save_wanted`` asks for a file of
    it."""

    save_wanted = Signal()

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
        self._others: tuple[Overlaid, ...] = ()
        self._drawn: tuple[Story, int, int, str] | None = None
        self._story: Story | None = None
        self._means = RunningMean()
        self._shown_losses = np.empty(0)  # of batches, as many as are drawn
        self.menu = OptionsMenu(self, self._redress, self.show_whole, lambda: self.save_wanted.emit())
        self.ways = menu_button(self.menu, 24)
        policy = self.ways.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # it is left out of a picture, and nothing moves for that
        self.ways.setSizePolicy(policy)
        name_by_tip(self.ways, "How the curves are shown: scale, smoothing, band, zoom, export")
        self.loss.choice(self.ways)
        self.loss.zoomed.connect(self._zoomed)
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
        (self.accuracy if single and shown is self.accuracy else self.loss).choice(self.ways)
        for plot in (self.loss, self.accuracy):
            plot.lead(self.switch if single and plot is shown else None)
        if not single and self.switch.parentWidget() is not self:
            self.switch.setParent(self)  # out of the head that it stood in; Qt hides what gets another parent
        self.switch.setVisible(single)

    def _dress(self) -> None:
        self.loss.dress()
        self.accuracy.dress()
        self._arrange()

    def show_story(self, story: Story, others: Sequence[Overlaid] = ()) -> None:
        """Draw the run so far. Only what has changed is painted again: most of the time that is one curve."""
        reached = max(1, math.ceil(story.position - 1e-9))  # epochs nobody has trained would leave the plot empty
        others = tuple(others)
        self._story = story
        name = self._offer(story)
        for plot in (self.loss, self.accuracy):
            plot.set_logarithmic(self.menu.options.logarithmic and (plot is self.loss or not is_share(name)))
        self._draw_batches(story)
        reach = max([reached, *(each.story.done[-1].epoch for each in others if each.story.done)])
        self.loss.frame(reach, *self._loss_limits(story, others))
        marks = story.marks()
        for each in (self.loss, self.accuracy):
            each.mark_changes(marks)
        now = (story, len(story.done), reached, name)
        if self._drawn == now and others == self._others:
            return
        self._drawn, self._others = now, others
        factor = 100.0 if is_share(name) else 1.0
        self.accuracy.name(sentence_case(word_of(name)), "%" if is_share(name) else "")
        epochs = _epochs(story)
        self.loss.draw("train", epochs, _column(story, "train_loss"))
        self.loss.draw("validation", epochs, _column(story, "val_loss"))
        self.accuracy.draw("train", epochs, factor * _column(story, f"train_{name}"))
        self.accuracy.draw("validation", epochs, factor * _column(story, f"val_{name}"))
        self.loss.draw_others([_other(each, "loss", 1.0) for each in others])
        self.accuracy.draw_others([_other(each, name, factor) for each in others])
        self.accuracy.frame(reach, *_limits([story, *(each.story for each in others)], name))
        self._scored = not story.done or bool(measured(story))
        self._arrange()

    def _draw_batches(self, story: Story) -> None:
        """The losses of single batches as far as they are in view: their curve, running mean or band."""
        options = self.menu.options
        steps, losses = values_of(story.steps), values_of(story.losses)
        if options.smooth > 1:
            losses = self._means.of(story, losses, options.smooth)
        if self.loss.in_detail:
            part = within(steps, *self.loss.seen)
            steps, losses = steps[part], losses[part]
        nothing = np.empty(0)
        if options.band:
            middle, low, high = band(steps, losses)
            x, y, shown = nothing, nothing, np.concatenate([low, high])
        else:
            middle = low = high = nothing
            x, y = thinned(steps, losses)
            shown = y
        if not self.loss.in_detail:
            self._shown_losses = shown
        self.loss.draw("batch", x, y, crowded=len(steps) > CROWD and options.smooth == 1)
        self.loss.draw_band(middle, low, high)
        self.loss.smooth(options.smooth)

    def _loss_limits(self, story: Story, others: Sequence[Overlaid]) -> tuple[float, float]:
        columns = [_column(each.story, f"{part}_loss") for each in others for part in ("train", "val")]
        return _loss_limits(self._shown_losses, _column(story, "val_loss"), *columns)

    def _redress(self) -> None:
        """Draw everything again, in another way."""
        self._drawn = None
        if self._story is not None:
            self.show_story(self._story, self._others)

    def _zoomed(self) -> None:
        if self._story is not None:
            self._draw_batches(self._story)

    def show_whole(self) -> None:
        """Undo zooming."""
        for plot in (self.loss, self.accuracy):
            plot.show_whole()

    def paint(self, painter: QPainter) -> None:
        """Paint all of it as shapes and letters."""
        shown = [plot for plot in (self.loss, self.accuracy) if plot.isVisible()]
        with ExitStack() as stack:
            for plot in shown:
                stack.enter_context(plot.without_curves())
            self.render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
        for plot in shown:
            plot.paint_curves(painter, self)

    @property
    def stories(self) -> list[tuple[str, Story]]:
        """Everything that is drawn, by its name; this run comes first."""
        shown = [("this run", self._story)] if self._story is not None else []
        return [*shown, *((each.label, each.story) for each in self._others)]

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
            self.show_story(self._drawn[0], self._others)


def measured(story: Story) -> list[str]:
    """What a run tells of each epoch besides the loss: metrics first, then single losses of several."""
    told = [name for done in story.done[-1:] for part in ("train", "val") for name in named(done.metrics, part)]
    return sorted((name for name in dict.fromkeys(told) if name != "loss"), key=lambda name: "." in name)


def _column(story: Story, name: str) -> np.ndarray:
    return np.array([done.metrics.get(name, np.nan) for done in story.done], float)


def _epochs(story: Story) -> np.ndarray:
    return np.array([done.epoch for done in story.done], float)


def _other(other: Overlaid, name: str, factor: float) -> tuple[str, bool, np.ndarray, np.ndarray]:
    """What of another run is drawn: what was measured of validation data, or of the training where nothing was."""
    held_out = factor * _column(other.story, f"val_{name}")
    if np.isfinite(held_out).any():
        return f"{other.label}{_USUALLY}", other.pale, _epochs(other.story), held_out
    return f"{other.label}, training", other.pale, _epochs(other.story), factor * _column(other.story, f"train_{name}")


def _loss_limits(losses: np.ndarray, *columns: np.ndarray) -> tuple[float, float]:
    values = np.concatenate([losses, *columns])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    # One wild batch must not press everything else to the floor.
    high = float(np.quantile(values, 0.995)) if values.size > 50 else float(values.max())
    low = min(0.0, float(values.min()))
    return low, max(high, low + 1e-6) * 1.05


def _limits(stories: Sequence[Story], name: str) -> tuple[float, float]:
    columns = [_column(story, f"{part}_{name}") for story in stories for part in ("train", "val")]
    if not is_share(name):
        return _loss_limits(*columns)
    values = 100 * np.concatenate(columns)
    values = values[np.isfinite(values)]
    lowest = float(values.min()) if values.size else 0.0
    return max(0.0, 10.0 * (lowest // 10.0) - 5.0 if lowest >= 10 else 0.0), 101.0


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
    """One pair of axes with its title and legend above. ``zoomed`` tells that somebody looks at another part."""

    zoomed = Signal()

    def __init__(self, title: str, unit: str) -> None:
        super().__init__()
        self.title = title
        self.unit = unit
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setWordWrap(True)  # the legend takes a second line rather than a wider panel
        self._label.setMinimumWidth(60)
        self._left, self._lines_axis = Axis("left"), Axis("right")
        self.view = pg.PlotWidget(enableMenu=False, axisItems={"left": self._left, "right": self._lines_axis})
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
        for name in (*_EARLIER, *_OVERLAID, "low", "high", "batch", "train", "validation"):
            curve = pg.PlotDataItem(antialias=name != "batch", connect="finite")
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
            if name in _EARLIER or name in _OVERLAID:
                continue
            curve.setPen(_pen(name, self._crowded) if name not in ("low", "high") else None)
            if name in _MARKS:
                curve.setSymbolSize(5)
                curve.setSymbolPen(None)
                curve.setSymbolBrush(_pen(name).color())
        for line in (*self._lines, self._cursor):
            line.setPen(_change_pen())
        fill = QColor(theme.color("plot.train"))
        fill.setAlpha(70)
        self._band.setBrush(fill)
        self._others = [(name, words, _other_pen(name)) for name, words, _ in self._others]
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
        by = "" if self.view.getPlotItem().getAxis("bottom").label.isVisible() else "by&nbsp;epoch"
        parts = [" ".join(filter(None, (f"<b>{self.title}</b>" if self._named else "", unit, by)))]
        told = [(words[name], _pen(name, self._crowded)) for name in _WORDED if name in self._used]
        told += [(label.removesuffix(_USUALLY), pen) for name, label, pen in self._others if name in self._used]
        for label, pen in told:
            said = html.escape(label).replace(" ", "&nbsp;")
            parts.append(f"<span style='color:{pen.color().name()}'>{_SAID}</span>&nbsp;{said}")
        self._label.setText("&nbsp; ".join(filter(None, parts)))

    def draw(self, name: str, x: np.ndarray, y: np.ndarray, crowded: bool = False) -> None:
        """Show one curve; nothing of it while there are no numbers. ``crowded`` makes that of the batches fainter."""
        good = bool(np.isfinite(y).any())
        self._raw[name] = (x, y) if good else (x[:0], y[:0])
        self._curves[name].setData(*self._drawn(name))
        if name in _MARKS:
            self._mark()
        elif name == "batch" and crowded != self._crowded:
            self._crowded = crowded
            self._curves[name].setPen(_pen(name, crowded))
            self._say()
        if good != (name in self._used):
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
        free = {True: iter(_EARLIER), False: iter(_OVERLAID)}
        shown: list[tuple[str, str, QPen]] = []
        for words, pale, x, y in others:
            name = next(free[pale], None)
            if name is not None:
                shown.append((name, words, _other_pen(name)))
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
            line = pg.InfiniteLine(at, 90, pen=_change_pen())
            line.setToolTip(words)
            plot.addItem(line, ignoreBounds=True)
            self._lines.append(line)

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
                pen = next((pen for each, _, pen in self._others if each == name), _pen(name, self._crowded))
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
        items = [*self._curves.values(), *([self._band] if self._band.isVisible() else [])]
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

    def values_at(self, epoch: float) -> str:
        """The numbers of the epoch nearest to a place: ``epoch 3: training 0.23, validation 0.15``."""
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
        return f"{where}: {', '.join([*parts, *changed])}" if parts else ""

    def _short_words(self, name: str) -> str:
        words = {"train": "training", "batch": "batch", "low": "lowest batch", "high": "highest batch"}
        if self._smooth > 1:
            words["batch"] = f"mean of {self._smooth:,} batches"
        return next((label for each, label, _ in self._others if each == name), words.get(name, name))

    def _moved(self, at: QPointF) -> None:
        inside = self._box.sceneBoundingRect().contains(at)
        place = self._box.mapSceneToView(at).x()
        text = self.values_at(place) if inside else ""
        self._cursor.setVisible(bool(text))
        if text:
            self._cursor.setValue(place)
            lines = text.replace(_USUALLY, "").replace(": ", "\n", 1).replace(", ", "\n")
            QToolTip.showText(self.view.mapToGlobal(self.view.mapFromScene(at)), lines, self.view)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.show_whole()
        return super().eventFilter(watched, event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._cursor.hide()


_EARLIER = ("earlier", "earlier2", "earlier3")
_OVERLAID = tuple(f"other{number}" for number in range(MOST_OVERLAID))
_WORDED = ("train", "validation", "batch", "high")


def _other_pen(name: str) -> QPen:
    """The ink of another run: one that was trained before is paler the longer ago."""
    background = theme.color("plot.background")
    if name in _EARLIER:
        colour = theme.mixed(theme.color("plot.text"), background, 0.45 + 0.17 * _EARLIER.index(name))
    else:
        colour = theme.mixed(theme.family(_FAMILIES[_OVERLAID.index(name)]), theme.color("plot.text"), 0.3)
    pen = QPen(colour)
    pen.setCosmetic(True)
    pen.setWidthF((1.0 if name in _EARLIER else 1.6) * max(1.0, theme.scale()))
    if name in _EARLIER:
        styles = (Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DashDotDotLine)
        pen.setStyle(styles[_EARLIER.index(name)])
    return pen


def _change_pen() -> QPen:
    pen = QPen(theme.color("plot.text"))
    pen.setCosmetic(True)
    pen.setWidthF(max(1.0, theme.scale()))
    pen.setStyle(Qt.PenStyle.DotLine)
    return pen


def _pen(name: str, crowded: bool = False) -> QPen:
    colour = QColor(theme.color("plot.validation" if name == "validation" else "plot.train"))
    if name in ("batch", "high"):
        # The curves of the epochs must stand out from the area that thousands of batches fill.
        colour = theme.mixed(colour, theme.color("plot.background"), 0.72 if crowded else 0.55)
    pen = QPen(colour)
    pen.setCosmetic(True)
    pen.setWidthF((2.0 if name in ("train", "validation") else 1.0) * max(1.0, theme.scale()))
    return pen
