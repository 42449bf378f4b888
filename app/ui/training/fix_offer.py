"""Buttons for what would let a training begin, below the sentence that says why it did not."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from app.core.checks.refusals import refusals
from app.core.graph.model import MAIN
from app.training.events import Failed
from app.ui.flow import FlowLayout
from app.ui.labels import emptied
from app.ui.pace import later
from app.ui.problems.fix_buttons import MOST, fix_buttons
from app.ui.qdocument import QDocument
from app.ui.training.retraining import Retraining


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
        failure, document = self._failure, self._qdocument.document
        offers: list[QPushButton] = []
        if failure is not None and failure.fixes:
            offers = self._again.buttons(failure)
        else:
            for problem in document.report.problems[:1] or refusals(document.project, document.report):
                offers += fix_buttons(self._qdocument, MAIN, problem, self, MOST - len(offers))
        for offer in offers:
            self._row.addWidget(offer)
        self.setVisible(bool(offers))
