"""Buttons for what would let a training begin, below the sentence that says why it did not."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from app.core.checks.fixes import command_at, reach_words, words_at
from app.core.checks.problems import AnyFix, FindFile, Problem
from app.core.checks.refusals import refusals
from app.core.graph.model import MAIN
from app.training.events import Failed
from app.ui.find_file import find_file
from app.ui.flow import FlowLayout
from app.ui.labels import eliding_button, emptied
from app.ui.pace import later
from app.ui.qdocument import QDocument
from app.ui.training.retraining import Retraining

MOST = 3


class FixOffer(QWidget):
    """Edits side by side, each of which takes away one reason why nothing, or no more, was trained."""

    def __init__(self, qdocument: QDocument, again: Retraining) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._again = again
        self._failure: Failed | None = None
        self._row = FlowLayout(self)
        self._timer = later(self, self._show)
        self.hide()

    def crowd(self, crowded: bool) -> None:
        """Leave the height to the sentence: the buttons end with an ellipsis, and their tooltips have the words."""
        self._row.crowd(crowded)

    def offer(self, failure: Failed | None, *, refused: bool) -> None:
        """Show what mends the drawing if a training was ``refused``, and what a run that failed recommends."""
        self._failure = failure
        if failure is not None and (refused or failure.fixes):
            self._timer.start(0)  # trying the edits takes a moment; the sentence is there first
        else:
            self._timer.stop()
            self.hide()

    def _show(self) -> None:
        emptied(self)
        failure = self._failure
        if failure is not None and failure.fixes:
            offers = self._again.buttons(failure)
            for offer in offers:
                self._row.addWidget(offer)
            self.setVisible(bool(offers))
            return
        document, made = self._qdocument.document, 0
        project, report = document.project, document.report
        for problem in report.problems[:1] or refusals(project, report):
            for fix in problem.fixes:
                command = command_at(project, MAIN, problem.node, fix) if made < MOST else None
                if command is None:
                    continue
                words = words_at(project, MAIN, problem.node, fix)
                tip = " ".join(filter(None, (f"{words}.", reach_words(project, command), "Undo takes it back.")))
                self._row.addWidget(eliding_button(words, tip, partial(self._apply_fix, problem, fix), "fix"))
                made += 1
        self.setVisible(made > 0)

    def _apply_fix(self, problem: Problem, fix: AnyFix) -> None:
        if isinstance(fix, FindFile):
            find_file(self, self._qdocument.project, MAIN, problem.node, fix, self._qdocument.apply_fix)
            return
        command = command_at(self._qdocument.project, MAIN, problem.node, fix)
        if command is not None:
            self._qdocument.document.seal()
            self._qdocument.do(command)
            self._qdocument.document.seal()
