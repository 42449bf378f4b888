"""The curves of loss and accuracy. Alone in importing pyqtgraph, with ``curve_axis``, so it is itself imported late."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QToolButton,
    QWidget,
)

from app.training.numbers import is_share, named, word_of
from app.ui import scale, theme
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import menu_button, name_by_tip
from app.ui.layouts import row, turn
from app.ui.pace import Pace, later
from app.ui.training.curve_options import OptionsMenu
from app.ui.training.curve_pens import MOST_OVERLAID
from app.ui.training.curve_plot import USUALLY, CurvePlot
from app.ui.training.curve_points import MOST_POINTS, CurveStretches, RunningMean, band, looked_into, thinned, within
from app.ui.training.run_curves import RunCurves
from nodes.api import sentence_case

# Ten times a second looks alive. Where that would take more than this share of the time, they are drawn less often; a
# training beside them waits for what the window does.
REDRAW_MS, SLOWEST_MS, REDRAW_SHARE = 100, 600, 0.035
APART_MS = 40  # between the two plots while a training runs: what waits for the window can do so for one of them only
_STEPS = 10  # of the epochs so far, by which the plots grow at a time: axes take as long to paint as curves
HEAD = 24  # pixels at 100 %: both heads are as high as the one with the button
LEAST_SINGLE = 75  # of one plot with its head
BESIDE = 380  # pixels at 100 %: from this width on both plots stand side by side
STACKED = 236  # and from this height on one above the other; in less room there is one, and a switch
CROWD = 4 * MOST_POINTS  # batches that fill an area and no longer make a curve
USUAL = "accuracy"  # what the right plot is for, before anything is known
EACH = "each loss"  # of several, all at once: a generator and its judge are compared
LEFT = "run it left"
EARLIER = ("run before", "2 runs before", "3 runs before")  # as the legend calls them


@dataclass(frozen=True)
class OverlaidRun:
    """Another run that is drawn behind this one. ``pale``: one of those that were trained before it."""

    label: str
    story: RunCurves
    pale: bool = False


class Curves(QWidget):
    """Loss on the left, on the right whatever else was measured: the first metric, and others by a menu. The runs
    before this one stay in pale ink for comparison; others can be laid over it. ``save_wanted`` asks for a file of
    it."""

    save_wanted = Signal()
    asked = Signal(float, float, object)  # where in epochs, how many a few pixels are, and where on the screen
    kept_chosen = Signal(int, object)  # a mark of a kept epoch, and where on the screen

    def __init__(self) -> None:
        super().__init__()
        self.loss = CurvePlot("Loss", "")
        self.accuracy = CurvePlot("Accuracy", "%")
        self._row = row((self.loss, 1), (self.accuracy, 1), of=self, spacing=8)
        self.switch = _Switch((self.loss.title, self.accuracy.title), self)
        self.switch.hide()
        self.switch.chosen.connect(self._arrange)
        self._scored = True  # whether there is an accuracy at all
        self._others: tuple[OverlaidRun, ...] = ()
        self._drawn: tuple[RunCurves, int, int, str] | None = None
        self._story: RunCurves | None = None
        self._means, self._stretches = RunningMean(), CurveStretches()
        self._shown_losses = np.empty(0)  # of batches, as many as are drawn
        self.pace = Pace(REDRAW_SHARE, REDRAW_MS, SLOWEST_MS)  # how often they should be drawn
        self._spent = 0.0  # seconds for them until they were drawn last
        self._working = 0.0  # seconds for them in all, apart from painting
        self._right: Callable[[], None] | None = None  # draws the right plot, which is still as it was
        self._soon = later(self, self.complete, APART_MS)
        self._kept: tuple[int, ...] = ()
        self.menu = OptionsMenu(self, self._redress, self.show_whole, lambda: self.save_wanted.emit())
        self.ways = menu_button(self.menu, 24)
        policy = self.ways.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # it is left out of a picture, and nothing moves for that
        self.ways.setSizePolicy(policy)
        name_by_tip(self.ways, "How the curves are shown: scale, smoothing, band, zoom, export")
        self.loss.choice(self.ways)
        self.loss.zoomed.connect(self._zoomed)
        for plot in (self.loss, self.accuracy):
            plot.legend.setMinimumHeight(HEAD)
            plot.asked.connect(self.asked)
            plot.kept_chosen.connect(self.kept_chosen)
        self.which = CalmCombo("What is shown at the right")
        self.which.ask_for_all()
        self.which.hide()
        self._single = False  # one plot in the place of two
        self.accuracy.choice(self.which)
        self.which.currentIndexChanged.connect(self._chosen)
        theme.notifier.changed.connect(self._dress)
        self._dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """As high as the numbers at an axis need to stand one above the other, below a legend of as many lines as it
        has at this width; in less room the panel scrolls. Two plots leave their place to one before that."""
        if self._scored and not self._single:
            least = scale.letters_px(LEAST_SINGLE)
        else:
            least = (self.accuracy if self.loss.isHidden() else self.loss).least_height()
        return QSize(super().minimumSizeHint().width(), least)

    def _arrange(self) -> None:
        """Side by side, one above the other where each would be too narrow, or one of them where there is no room."""
        narrow = self.width() < scale.px(BESIDE)
        beside = self.width() // 2 - self.ways.width() - self._row.spacing()
        good = scale.px(STACKED) if narrow else max(each.good_height(beside) for each in (self.loss, self.accuracy))
        turn(self._row, narrow)
        single = self.height() < good and self._scored
        if single != self._single:
            self._single = single
            self.updateGeometry()
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

    def show_story(self, story: RunCurves, others: Sequence[OverlaidRun] = (), calmly: bool = False) -> None:
        """Draw the run so far. Only what has changed is painted again: most of the time that is one curve.

        ``calmly``: for a training that runs. The right plot comes a moment later, and both grow by more than an epoch
        at a time.
        """
        start = time.thread_time()
        self._draw_story(story, tuple(others), calmly)
        if not calmly:
            self.complete()
        self._working += time.thread_time() - start
        spent = self._working + self.loss.view.painted + self.accuracy.view.painted
        self.pace.took(spent - self._spent)
        self._spent = spent

    def complete(self) -> None:
        """Draw what was put off."""
        start = time.thread_time()
        self._soon.stop()
        draw, self._right = self._right, None
        if draw is not None:
            draw()
            self._working += time.thread_time() - start

    def _draw_story(self, story: RunCurves, others: tuple[OverlaidRun, ...], calmly: bool) -> None:
        reached = max(1, math.ceil(story.position - 1e-9))  # epochs nobody has trained would leave the plot empty
        self._story = story
        name = self._offer(story)
        for plot in (self.loss, self.accuracy):
            plot.set_logarithmic(self.menu.options.logarithmic and (plot is self.loss or not is_share(name)))
        self._draw_batches(story)
        end = ahead(reached, story.started.epochs if story.started is not None else reached) if calmly else reached
        reach = max([end, *(each.story.done[-1].epoch for each in others if each.story.done)])
        self.loss.frame(reach, *self._loss_limits(story, others))
        marks = story.marks()
        for each in (self.loss, self.accuracy):
            each.mark_changes(marks)
        now = (story, len(story.done), reach, name)
        if self._drawn == now and others == self._others:
            self.loss.settle()
            return
        self._drawn, self._others = now, others
        epochs = _epochs(story)
        self.loss.mark_kept(self._kept)
        self.loss.draw("train", epochs, _column(story, "train_loss"))
        self.loss.draw("validation", epochs, _column(story, "val_loss"))
        self.loss.draw_others([_other(each, "loss", 1.0) for each in others])
        self.loss.settle()
        self._right = partial(self._draw_right, story, others, name, reach)
        if calmly and not self._soon.isActive():
            self._soon.start()

    def _draw_right(self, story: RunCurves, others: tuple[OverlaidRun, ...], name: str, reach: int) -> None:
        factor = 100.0 if is_share(name) else 1.0
        self.accuracy.name(sentence_case(word_of(name)), "%" if is_share(name) else "")
        epochs = _epochs(story)
        self.accuracy.mark_kept(self._kept)
        self.accuracy.draw("train", epochs, factor * _column(story, f"train_{name}"))
        self.accuracy.draw("validation", epochs, factor * _column(story, f"val_{name}"))
        each_loss = [_of_loss(story, one) for one in single_losses(story)] if name == EACH else []
        self.accuracy.draw_others(each_loss or [_other(each, name, factor) for each in others])
        self.accuracy.frame(reach, *_limits(story, others, name))
        self._scored = bool(measured(story)) or not (story.done or _told(story) is not None)
        self._arrange()
        self.accuracy.settle()

    def mark_kept(self, epochs: Sequence[int], calmly: bool = False) -> None:
        """Mark the epochs that can be gone back to; ``calmly``, when the plots are drawn the next time."""
        self._kept = tuple(epochs)
        if not calmly:
            for plot in (self.loss, self.accuracy):
                plot.mark_kept(epochs)

    def _draw_batches(self, story: RunCurves) -> None:
        """The losses of single batches as far as they are in view: their curve, running mean or band."""
        options = self.menu.options
        with looked_into(story.steps, story.losses) as (steps, losses):
            if options.smooth > 1:
                losses = self._means.of(story, losses, options.smooth)
            nothing = np.empty(0)
            x = y = middle = low = high = nothing
            count = len(steps)
            if self.loss.in_detail or (options.band and count < MOST_POINTS):
                part = within(steps, *self.loss.seen) if self.loss.in_detail else slice(None)
                some, values = steps[part].copy(), losses[part].copy()
                count = len(some)
                if options.band:
                    middle, low, high = band(some, values)
                else:
                    x, y = thinned(some, values)
            else:
                self._stretches.of((story, options.smooth), steps, losses)
                if options.band:
                    middle, low, high = self._stretches.band()
                else:
                    x, y = self._stretches.points(steps, losses)
            del steps, losses  # the story grows on
        if not self.loss.in_detail:
            self._shown_losses = np.concatenate([low, high]) if options.band else y
        self.loss.draw("batch", x, y, crowded=count > CROWD and options.smooth == 1)
        self.loss.draw_band(middle, low, high)
        self.loss.smooth(options.smooth)

    def _loss_limits(self, story: RunCurves, others: Sequence[OverlaidRun]) -> tuple[float, float]:
        columns = [_other(each, "loss", 1.0)[-1] for each in others]
        columns += [_column(story, f"{part}_loss") for part in ("train", "val")]
        return _loss_limits(self._shown_losses, *columns)

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
    def stories(self) -> list[tuple[str, RunCurves]]:
        """Everything that is drawn, by its name; this run comes first."""
        shown = [("this run", self._story)] if self._story is not None else []
        return [*shown, *((each.label, each.story) for each in self._others)]

    def _offer(self, story: RunCurves) -> str:
        """Offer what the run measures. Gives what is to be shown."""
        names = measured(story) or [USUAL]
        self.which.offer((sentence_case(word_of(name)), name) for name in names)
        self.which.setVisible(len(names) > 1)
        return str(self.which.currentData())

    def _chosen(self, _: int) -> None:
        if self._drawn is not None:
            self.show_story(self._drawn[0], self._others)


def ahead(reached: int, epochs: int) -> int:
    """As far as the plots reach while a training of so many ``epochs`` is in the epoch ``reached``: at most a tenth of
    them is empty, so that the axes need not be painted anew with each epoch."""
    step = max(1, reached // _STEPS)
    return max(reached, min(-(-reached // step) * step, epochs))


def measured(story: RunCurves) -> list[str]:
    """What a run tells of each epoch besides the loss, or will: metrics first, then single losses of several."""
    found = sorted((name for name in _told(story) or () if name != "loss"), key=lambda name: "." in name)
    single = [name for name in found if "." in name]
    return [*found[: len(found) - len(single)], *([EACH] if 1 < len(single) <= MOST_OVERLAID else []), *single]


def _told(story: RunCurves) -> list[str] | None:
    """The names of what the last epoch has told or, before there is one, the first will; None if that is not known."""
    if story.done:
        return list(dict.fromkeys(name for part in ("train", "val") for name in named(story.done[-1].metrics, part)))
    measures = story.started.measures if story.started is not None else None
    return list(measures) if measures is not None else None


def single_losses(story: RunCurves) -> list[str]:
    """The losses of which that of a run is the sum, where there are several."""
    return [name for name in measured(story) if "." in name]


def _of_loss(story: RunCurves, name: str) -> tuple[str, bool, np.ndarray, np.ndarray]:
    """A curve of one loss: of validation data, or of the training where nothing was held out."""
    validation = _column(story, f"val_{name}")
    values = validation if np.isfinite(validation).any() else _column(story, f"train_{name}")
    return name.partition(".")[2], False, _epochs(story), values


def _column(story: RunCurves, name: str) -> np.ndarray:
    return np.array([done.metrics.get(name, np.nan) for done in story.done], float)


def _epochs(story: RunCurves) -> np.ndarray:
    return np.array([done.epoch for done in story.done], float)


def _other(other: OverlaidRun, name: str, factor: float) -> tuple[str, bool, np.ndarray, np.ndarray]:
    """What of another run is drawn: what was measured of validation data, or of the training where nothing was."""
    validation = factor * _column(other.story, f"val_{name}")
    if np.isfinite(validation).any():
        return f"{other.label}{USUALLY}", other.pale, _epochs(other.story), validation
    return f"{other.label}, training", other.pale, _epochs(other.story), factor * _column(other.story, f"train_{name}")


def _loss_limits(losses: np.ndarray, *columns: np.ndarray) -> tuple[float, float]:
    """From zero, or below it, to what is usual of batches (``losses``) and the highest of an epoch (``columns``)."""
    values = np.concatenate([losses, *columns])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    # One wild batch must not press everything else to the floor, nor an epoch in which a training went off; but the
    # first epochs, and one that stands out, are what the curve is there for.
    high = float(np.quantile(values, 0.995, method="lower")) if values.size > 50 else float(values.max())
    epochs = np.concatenate([np.empty(0), *columns])
    epochs = epochs[np.isfinite(epochs)]
    high = max(high, float(epochs[epochs <= 4 * high].max(initial=high)))
    low = min(0.0, float(values.min()))
    return low, max(high, low + 1e-6) * 1.05


def _limits(story: RunCurves, others: Sequence[OverlaidRun], name: str) -> tuple[float, float]:
    columns = [_column(story, f"{part}_{name}") for part in ("train", "val")]
    columns += [_other(each, name, 1.0)[-1] for each in others]
    if name == EACH:
        columns = [_of_loss(story, one)[-1] for one in single_losses(story)]
    if not is_share(name):
        return _loss_limits(np.empty(0), *columns)
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
        for title in titles:
            made = QToolButton()
            made.setText(title)
            made.setCheckable(True)
            made.setAutoExclusive(True)
            made.setToolTip(f"Show the curves of {title.lower()}; there is room for one plot only")
            made.setAccessibleName(f"Curves of {title.lower()}")
            made.clicked.connect(lambda: self.chosen.emit())
            self._buttons.append(made)
        row(*self._buttons, of=self, margins=(0, 0, 4, 0), spacing=2)
        self._buttons[0].setChecked(True)

    @property
    def current(self) -> int:
        """The number of the plot that is chosen."""
        return next(index for index, made in enumerate(self._buttons) if made.isChecked())
