"""The list of everything that keeps the drawing from running, in the order in which data flows. Never blank."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.core.graph.model import MAIN
from app.core.notes import notes
from app.core.problems import Problem
from app.ui.labels import Icon, Tinted, emptied
from app.ui.problems.card import ProblemCard
from app.ui.qdocument import QDocument

MOST_SHOWN = 100  # a card costs about 1 ms; whoever mended a hundred sees the next


class ProblemsPanel(QWidget):
    """``travel`` carries the path of a node to show; ``count_changed`` how many problems there are."""

    travel = Signal(str)
    count_changed = Signal(int)

    def __init__(self, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._qdocument = qdocument
        self._shown: tuple[tuple[Problem, ...], tuple[Problem, ...]] | None = None
        self._count = -1
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._list = QWidget()
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(8, 8, 8, 8)
        self._rows.setSpacing(6)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._list)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll = scroll
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        qdocument.changed.connect(self._changed)
        self._changed()

    def _changed(self) -> None:
        count = len(self._qdocument.document.report.problems)
        if count != self._count:
            self._count = count
            self.count_changed.emit(count)
        if self.isVisible():
            self._timer.start(0)  # after the canvas has shown the edit

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show the problems as they are now; nothing is touched if they are the same."""
        self._timer.stop()
        document = self._qdocument.document
        problems = document.report.problems
        noted = notes(document.project, document.report)
        if (problems, noted) == self._shown:
            return
        more = self._shown is not None and len(problems) > len(self._shown[0])
        self._shown = problems, noted
        focus = QApplication.focusWidget()  # self.focusWidget() is what had the focus last, perhaps long ago
        if focus is not None and self._list.isAncestorOf(focus):
            # Before its button goes: Qt would give it to the next one, and scroll there.
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        emptied(self._list)
        rows = self._rows
        if not problems:
            rows.addWidget(_nothing())
        for problem in problems[:MOST_SHOWN]:
            card = ProblemCard(self._qdocument, MAIN, problem, named=True)
            card.travel.connect(self.travel)
            rows.addWidget(card)
        if len(problems) > MOST_SHOWN:
            rows.addWidget(Tinted(f"And {len(problems) - MOST_SHOWN:,} more, further on in the drawing.", wrap=True))
        for note in noted[:MOST_SHOWN]:
            card = ProblemCard(self._qdocument, MAIN, note, named=True, mild=True)
            card.travel.connect(self.travel)
            rows.addWidget(card)
        rows.addStretch(1)
        if more:
            self._scroll.verticalScrollBar().setValue(0)  # what is new stands above the notes


def _nothing() -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(4, 4, 4, 4)
    layout.addWidget(Icon("ok", "ok"))
    layout.addWidget(Tinted("No problems.", "text"), 1)
    return row
