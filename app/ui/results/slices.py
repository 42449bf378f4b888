"""The page of slices: how good the answers are for dark and bright pictures, long and short texts, or by a column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from app.jobs.messages import Picture
from app.training.numbers import is_share
from app.ui.data.facts_table import Cell, DataTable
from app.ui.labels import TintedLabel
from app.ui.layouts import column
from nodes.api import cut
from nodes.api.words import figure

if TYPE_CHECKING:
    from app.insight.view import Subject
    from app.training.judging.slices import Slice

HEADS = ("by", "from", "to", "samples", "result", "95 %")
FIRST = "The samples are divided in a moment."
LATER = "The samples are divided when the training has ended."
ALIKE = (
    "Nothing is known of these inputs by which they could be divided, or they are all alike. Pictures are divided by "
    "brightness, contrast and size, texts by length, and tables by each column."
)
_RESULTS = {"classes": "accuracy", "numbers": "mae"}
_LETTERS = 40


def slice_up(find: Callable[[], Subject], part: str) -> Iterator[Picture]:
    """The slices of a part. ``find`` gives the net. No Qt: it runs in a job."""
    from app.insight.part_predictions import judged, parts_for
    from app.training.judging.slices import slices
    from app.training.refusal import CannotTrain
    from nodes.api import NoData

    subject = find()
    answers = judged(subject, part).answers
    try:
        yield Picture("slices", slices(subject.net, parts_for(subject.net), answers))
    except (CannotTrain, NoData) as reason:
        raise ValueError(str(reason)) from None


class SlicesPage(QWidget):
    """``chosen`` carries the slice whose samples are to be seen."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.words = TintedLabel(FIRST, "text.soft", wrap=True)
        self.table = DataTable("Results by slice", HEADS, 0)
        self.slices: tuple[Slice, ...] = ()
        self._of: dict[int, Slice] = {}  # by the identity of a line of the table, wherever it is sorted to
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._pressed(now.row()))
        column(self.words, (self.table, 1), of=self, spacing=4)
        self.clear(FIRST)

    def clear(self, sentence: str) -> None:
        """Show nothing but a sentence."""
        self.slices = ()
        self.words.setText(sentence)
        self.table.setVisible(False)

    def show_slices(self, found: Sequence[Slice], kind: str) -> None:
        """Show what came, of answers of this kind."""
        if not found:
            self.clear(ALIKE)
            return
        name = _RESULTS.get(kind, "loss")
        self.slices = tuple(found)
        lines = {_line(each, name): each for each in found}
        self._of = {id(line): each for line, each in lines.items()}
        with QSignalBlocker(self.table.selectionModel()):  # nobody chooses a slice by what comes
            self.table.clearSelection()
            self.table.setCurrentIndex(QModelIndex())
            self.table.show_lines(list(lines), (*HEADS[:4], _HEADS[name], HEADS[5]))
        self.table.setVisible(True)
        worse = sum(each.worse for each in found)
        told = (
            "In red: worse than all together by more than chance (95 %); of many slices some are so by chance."
            if worse
            else "No slice is worse than all together by more than chance (95 %)."
        )
        self.words.setText(f"What makes most of a difference comes first. {told} A click opens the samples.")

    def _pressed(self, line: int) -> None:
        if self.slices and 0 <= line < len(self.table.facts.lines):
            self.chosen.emit(self._of[id(self.table.facts.lines[line])])


_HEADS = {"accuracy": "right", "mae": "mean absolute error", "loss": "mean loss"}


def _line(each: Slice, name: str) -> tuple[Cell, ...]:
    result = each.result
    if is_share(name):
        value, ends = f"{100 * result.value:.1f} %", f"{100 * result.low:.0f} – {100 * result.high:.0f} %"
    else:
        value, ends = figure(result.value), f"{figure(result.low)} – {figure(result.high)}"
    return (
        Cell(cut(each.trait, _LETTERS)),
        Cell(figure(each.low), each.low),
        Cell(figure(each.high), each.high),
        Cell(f"{len(each.numbers):,}", len(each.numbers)),
        Cell(value, result.value, "error" if each.worse else "text"),
        Cell(ends, result.low),
    )
