"""The pages of the panel: each shows one side of what was judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSlider, QWidget

from app.ui import scale
from app.ui.data.facts_table import Cell, DataTable, number_cell
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import TintedLabel, eliding_button
from app.ui.layouts import column, row, turn
from app.ui.results.asking import JudgementAnswer, word
from app.ui.results.chart import ChartSeries, SmallChart
from app.ui.results.matrix import Matrix
from nodes.api import cut

if TYPE_CHECKING:
    from app.training.judging.baselines import Baselines
    from app.training.judging.robustness import RobustnessPoint

CLASS_HEADS = ("class", "samples", "recall", "recall 95 %", "precision", "F1", "most often taken for")
LABEL_HEADS = ("label", *CLASS_HEADS[1:-1], "accuracy")
HARD_HEADS = ("place", "sample", "right", "says", "sure", "own loss", "mean loss")
MOST_DOTS = 3_000  # of a cloud of dots
_BARS = 30  # of residuals
_NARROW = 460  # below this the words stand under the matrix
_NARROW_TABLE = 800  # and below this a curve beside a table would cut its names
_LETTERS = 40
_NOT_OVER_TIME = "No losses over time; those of training samples are kept"


class MatrixPage(QWidget):
    """Which class is taken for which. ``chosen`` carries right and chosen class of a cell."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.matrix = Matrix()
        self.matrix.chosen.connect(self.chosen)
        tip = "How many samples, or which share of those of the right class"
        ways = ("Counts", False), ("Per cent of the row", True)
        self.numbers = CalmCombo("What stands in the cells", tip, ways)
        self.numbers.ask_for_all()
        self.numbers.currentIndexChanged.connect(self._again)
        self.words = TintedLabel("", "text.soft", wrap=True)
        self._shown: JudgementAnswer | None = None
        self._side = QWidget()
        column(self.numbers, self.words, 1, of=self._side, spacing=4)
        self._row = row((self.matrix, 3), (self._side, 1), of=self, spacing=8)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        turn(self._row, self.width() < scale.letters_px(_NARROW))
        self._fit()

    def _fit(self) -> None:
        """Leave the words out where there is no room for all of them; the matrix has them in its tooltip."""
        wide = max(self._side.width(), 1)
        room = self._side.height() - self.numbers.sizeHint().height() - scale.px(8)
        self.words.setVisible(self.words.heightForWidth(wide) <= room)

    def show_judged(self, shown: JudgementAnswer) -> None:
        """Show what came."""
        self._shown = shown
        answers = shown.judgement.answers
        self.matrix.show_counts(answers.confusion, answers.words, bool(self.numbers.currentData()))
        worst = shown.judgement.mistakes(3)
        said = ", ".join(f"{cut(right, 20)} taken for {cut(chosen, 20)} ({count:,}×)" for count, right, chosen in worst)
        rows = "Rows: right class, columns: chosen class. A click opens the samples."
        self.words.setText(f"{rows}\nMost often: {said}." if worst else f"{rows}\nThere is no mistake.")
        self.matrix.setToolTip(self.words.text())
        self._fit()

    def _again(self) -> None:
        if self._shown is not None:
            self.show_judged(self._shown)


class ClassesPage(DataTable):
    """Precision, recall and F1 of each class."""

    def __init__(self) -> None:
        super().__init__("Results by class", CLASS_HEADS, len(CLASS_HEADS) - 1)

    def show_judged(self, shown: JudgementAnswer) -> None:
        """Show what came."""
        lines = []
        labels = shown.judgement.answers.labels is not None
        for each in shown.judgement.classes:
            recall, precision = each.recall, each.precision
            ends = f"{100 * recall.low:.0f} – {100 * recall.high:.0f} %" if recall is not None else "–"
            taken = f"{cut(each.taken_for[0], _LETTERS)} ({each.taken_for[1]:,})" if each.taken_for is not None else ""
            lines.append(
                (
                    Cell(cut(each.name, _LETTERS)),
                    Cell(f"{each.samples:,}", each.samples),
                    _share_cell(recall.value if recall is not None else None),
                    Cell(ends, recall.low if recall is not None else None),
                    _share_cell(precision.value if precision is not None else None),
                    _share_cell(each.f1),
                    _share_cell(each.accuracy.value if each.accuracy is not None else None) if labels else Cell(taken),
                )
            )
        self.show_lines(lines, LABEL_HEADS if labels else CLASS_HEADS)


def _share_cell(value: float | None) -> Cell:
    return Cell(f"{100 * value:.1f} %" if value is not None else "–", value)


class HardestPage(QWidget):
    """The samples with the largest losses, and the loss of the chosen one over time. ``pointed`` carries the place of
    the chosen one among the hardest."""

    pointed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.table = DataTable("Hardest samples", HARD_HEADS, 1)
        self.curve = SmallChart("Loss of the chosen sample over time")
        self.curve.setMaximumWidth(360)
        self.words = TintedLabel("", "text.soft", wrap=True)
        self._shown: JudgementAnswer | None = None
        self._number = -1
        self._earlier: list[tuple[float, dict[int, float]]] = []
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._chosen(now.row()))
        column(self.words, (row((self.table, 3), (self.curve, 2), spacing=6), 1), of=self, spacing=4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """In a narrow panel the table has all the room until a sample is chosen: names would be cut for nothing."""
        self.curve.setVisible(bool(self.curve.series) or self.width() >= scale.letters_px(_NARROW_TABLE))

    def show_judged(self, shown: JudgementAnswer, earlier: Sequence[tuple[float, dict[int, float]]] = ()) -> None:
        """Show what came; ``earlier`` are the losses by number of what came before, with its place in epochs."""
        import numpy as np

        self._shown, self._earlier = shown, list(earlier)
        answers = shown.judgement.answers
        over = shown.over_time
        lines = []
        for at, place in enumerate(shown.hard.tolist()):
            known = over[:, at][np.isfinite(over[:, at])] if len(over) else over
            mean = float(known.mean()) if known.size else None
            lines.append(
                (
                    Cell(str(at + 1), float(at)),
                    Cell(cut(shown.names[at], _LETTERS)),
                    *_answer_cells(shown, place),
                    number_cell(_finite(float(answers.losses[place])), 3),
                    number_cell(mean, 3),
                )
            )
        kept = self._number
        with QSignalBlocker(self.table.selectionModel()):
            self.table.show_lines(lines)
        for place in range(2, len(HARD_HEADS)):  # numbers have no sureness, and unseen samples no mean over the epochs
            self.table.setColumnHidden(place, all(cells[place].text in ("", "–") for cells in lines))
        self.words.setText(_about_hard(shown))
        self._select(kept)

    def _select(self, number: int) -> None:
        """The sample that was chosen stays so, wherever it stands now."""
        shown = self._shown
        assert shown is not None
        numbers = shown.judgement.answers.numbers[shown.hard].tolist()
        if number in numbers:
            at = float(numbers.index(number))
            lines = self.table.facts.lines
            line = next((line for line, cells in enumerate(lines) if cells[0].number == at), -1)
            flags = QItemSelectionModel.SelectionFlag
            with QSignalBlocker(self.table.selectionModel()):
                self.table.selectionModel().setCurrentIndex(
                    self.table.facts.index(line, 0), flags.ClearAndSelect | flags.Rows
                )
            self._draw(int(at))
        else:
            self.curve.show_series((), ("epoch", "Choose a sample to see its loss"))
            self._fit()

    def _chosen(self, line: int) -> None:
        if self._shown is None or not 0 <= line < len(self.table.facts.lines):
            return
        at = int(self.table.facts.lines[line][0].number or 0)
        self._number = int(self._shown.judgement.answers.numbers[self._shown.hard[at]])
        self._draw(at)
        self.pointed.emit(at)

    def _draw(self, at: int) -> None:
        """The loss of a sample over time, beside the middle one of all that are known."""
        import numpy as np

        shown = self._shown
        assert shown is not None
        number = int(shown.judgement.answers.numbers[shown.hard[at]])
        points = [
            (float(epoch), float(loss))
            for epoch, loss in zip(shown.epochs, shown.over_time[:, at], strict=True)
            if np.isfinite(loss)
        ]
        if not points:
            points = [(epoch, losses[number]) for epoch, losses in self._earlier if number in losses]
        points = [(x, y) for x, y in points if math.isfinite(y)]
        series = [ChartSeries(cut(shown.names[at], 24), tuple(points), "line" if len(points) > 1 else "dots")]
        rest = shown.judgement.answers.losses
        middle = float(np.nanmedian(rest)) if np.isfinite(rest).any() else math.nan
        if points and math.isfinite(middle):
            ends = (points[0][0], points[-1][0]) if len(points) > 1 else (points[0][0] - 0.5, points[0][0] + 0.5)
            series.append(ChartSeries("middle of all now", ((ends[0], middle), (ends[1], middle)), role="text.soft"))
        top = max([y for _, y in points] + ([middle] if math.isfinite(middle) else []), default=1.0)
        self.curve.show_series(series, ("epoch", "loss" if points else _NOT_OVER_TIME), y=(0.0, max(1e-6, 1.05 * top)))
        self._fit()


def _answer_cells(shown: JudgementAnswer, place: int) -> tuple[Cell, Cell, Cell]:
    """What is right, what the net says and how sure it is."""
    answers = shown.judgement.answers
    if not answers.single or not len(answers.truth):
        right = float(answers.right[place]) if len(answers.right) else math.nan
        return Cell(), Cell(f"{100 * right:.1f} % right" if math.isfinite(right) else "", right), Cell()
    if answers.kind == "classes":
        truth, said = int(answers.truth[place]), int(answers.predicted[place])
        role = "error" if truth != said else "text"
        return (
            Cell(cut(word(answers.words, truth), _LETTERS)),
            Cell(cut(word(answers.words, said), _LETTERS), role=role),
            _share_cell(float(answers.sure[place])),
        )
    return number_cell(float(answers.truth[place])), number_cell(float(answers.predicted[place])), Cell()


def _about_hard(shown: JudgementAnswer) -> str:
    if not len(shown.hard):
        return "No sample has a loss of its own here, so none is harder than another."
    if len(shown.epochs):
        return "Largest mean loss over the epochs first: wrong labels stand among these. A click shows a sample."
    return "Largest loss now first: wrong labels stand among these. A click shows a sample everywhere."


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


class SurePage(QWidget):
    """Whether the net is as often right as it is sure, and what comes of a threshold of sureness."""

    def __init__(self) -> None:
        super().__init__()
        self.reliability = SmallChart("Reliability diagram")
        self.threshold = SmallChart("Share answered and right by threshold")
        self.about = TintedLabel("", "text", wrap=True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 1000)
        self.slider.setAccessibleName("Threshold")
        self.slider.setToolTip("Below so much sureness the net says “don't know”")
        self.slider.setPageStep(50)
        self.said = TintedLabel("", "text", wrap=True)
        self.slider.valueChanged.connect(self._moved)
        self._shown: JudgementAnswer | None = None
        left, right = QWidget(), QWidget()
        column(self.about, (self.reliability, 1), of=left, spacing=2)
        column(self.slider, self.said, (self.threshold, 1), of=right, spacing=2)
        row((left, 1), (right, 1), of=self, spacing=10)

    def show_judged(self, shown: JudgementAnswer) -> None:
        """Show what came."""
        self._shown = shown
        found = shown.judgement.reliability
        if found is None:
            return
        steps = len(found.counts)
        bars = tuple((at / steps, float(found.right[at])) for at in range(steps) if found.counts[at])
        self.reliability.show_series(
            (
                ChartSeries("right", bars, "bars", "plot.train", 1 / steps),
                ChartSeries("as sure as right", ((0.0, 0.0), (1.0, 1.0)), "line", "plot.validation", dashed=True),
            ),
            ("how sure the net is", "share right"),
            (0.0, 1.0),
            (0.0, 1.0),
            (True, True),
        )
        more = "too sure" if found.too_sure > 0 else "too modest"
        self.about.setText(
            f"Expected calibration error {100 * found.error:.1f} %; on average {100 * abs(found.too_sure):.1f} points "
            f"{more}."
        )
        self._moved()

    def _moved(self) -> None:
        shown = self._shown
        found = shown.judgement.answering if shown is not None else None
        if found is None:
            return
        least = self.slider.value() / 1000
        answered, right = found.at(least)
        told = f"{100 * right:.1f} % of these answers are right" if math.isfinite(right) else "there is no answer left"
        self.said.setText(f"“Don't know” below {100 * least:.1f} %: {100 * answered:.1f} % answered, {told}.")
        points = list(zip(found.thresholds.tolist(), found.answered.tolist(), found.right.tolist(), strict=True))
        start = [(0.0, *found.at(0.0))] if points and points[0][0] > 0 else []
        every = [*start, *points]
        self.threshold.show_series(
            (
                ChartSeries("answered", tuple((x, a) for x, a, _ in every), "line", "plot.validation"),
                ChartSeries("right of these", tuple((x, r) for x, _, r in every), "line", "plot.train"),
            ),
            ("threshold", ""),
            (0.0, 1.0),
            (0.0, 1.0),
            (True, True),
            least,
        )


class NumbersPage(QWidget):
    """Predicted against true, and how the errors are spread."""

    def __init__(self) -> None:
        super().__init__()
        self.against = SmallChart("Predicted against true")
        self.residuals = SmallChart("Residuals")
        self.spread = SmallChart("How the residuals are spread")
        row((self.against, 1), (self.residuals, 1), (self.spread, 1), of=self, spacing=8)

    def show_judged(self, shown: JudgementAnswer) -> None:
        """Show what came."""
        import numpy as np

        truth, said = shown.judgement.answers.truth, shown.judgement.answers.predicted
        known = np.isfinite(truth) & np.isfinite(said)
        truth, said = truth[known], said[known]
        every = max(1, -(-len(truth) // MOST_DOTS))
        truth, said = truth[::every], said[::every]
        if not len(truth):
            return
        low, high = float(min(truth.min(), said.min())), float(max(truth.max(), said.max()))
        around = 0.04 * (high - low) or 0.5
        ends = (low - around, high + around)
        diagonal = ChartSeries("right", ((ends[0], ends[0]), (ends[1], ends[1])), role="plot.validation", dashed=True)
        dots = tuple(zip(truth.tolist(), said.tolist(), strict=True))
        self.against.show_series((ChartSeries("", dots, "dots"), diagonal), ("true", "predicted"), ends, ends)
        wrong = said - truth
        dots = tuple(zip(said.tolist(), wrong.tolist(), strict=True))
        reach = max(float(np.abs(wrong).max()), 1e-9) * 1.08
        line = ChartSeries("right", ((ends[0], 0.0), (ends[1], 0.0)), role="plot.validation", dashed=True)
        self.residuals.show_series(
            (ChartSeries("", dots, "dots"), line), ("predicted", "predicted − true"), y=(-reach, reach)
        )
        counts, edges = np.histogram(wrong, bins=min(_BARS, max(5, int(math.sqrt(len(wrong))))))
        bars = tuple((float(at), float(count)) for at, count in zip(edges[:-1], counts, strict=True))
        self.spread.show_series(
            (ChartSeries("", bars, "bars", wide=float(edges[1] - edges[0])),),
            ("predicted − true", "samples"),
            (float(edges[0]), float(edges[-1])),
            (0.0, float(counts.max()) * 1.08),
        )


class HarderPage(QWidget):
    """How the answers become worse with noise and with rotation. ``wanted`` asks for the measurement."""

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.start = eliding_button("Measure", "Ask the net about noisy and turned samples", self.wanted.emit)
        self.words = TintedLabel("", "text.soft", wrap=True)
        self.noise = SmallChart("Result by noise")
        self.rotation = SmallChart("Result by rotation")
        column(
            row(self.start, (self.words, 1), spacing=8),
            (row((self.noise, 1), (self.rotation, 1), spacing=10), 1),
            of=self,
            spacing=4,
        )
        self.clear()

    def clear(self, sentence: str = "") -> None:
        """Show nothing but a sentence."""
        self.words.setText(sentence or "Measure how the answers become worse with noise, and with turned pictures.")
        for chart in (self.noise, self.rotation):
            chart.setVisible(False)

    def show_harder(self, found: Sequence[RobustnessPoint], classes: bool) -> None:
        """Show as much as was measured so far."""
        title = "right" if classes else "mean absolute error"
        for chart, kind, axis in (
            (self.noise, "noise", "noise, in deviations of what enters"),
            (self.rotation, "rotation", "rotation in degrees"),
        ):
            some = [each for each in found if each.kind == kind and math.isfinite(each.result.value)]
            chart.setVisible(bool(some))
            if not some:
                continue
            points = tuple((each.amount, each.result.value) for each in some)
            spread = tuple((each.result.low, each.result.high) for each in some)
            top = 1.0 if classes else 1.05 * max(high for _, high in spread)
            x = (0.0, max(1e-9, points[-1][0] if len(points) > 1 else 1.0))
            chart.show_series((ChartSeries("", points, spread=spread),), (axis, title), x, (0.0, top), (False, classes))
        self.words.setText("The same samples each time; the band is the 95 % interval.")


class WordsPage(QWidget):
    """The evaluation in words."""

    def __init__(self) -> None:
        super().__init__()
        self.words = TintedLabel("", "text", wrap=True)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        column((self.words, 1), of=self)

    def show_judged(self, shown: JudgementAnswer, baselines: Baselines | None, waiting: str) -> None:
        """Show what came, beside what needs no net; ``waiting`` is said while that is not there yet."""
        lines = list(shown.judgement.sentences(baselines))
        self.words.setText("\n".join([*lines, *filter(None, (waiting, shown.torn))]))
