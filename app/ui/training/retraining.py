"""Trains again with what a finding recommends: one edit, which undo takes back, and a fresh run."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QPushButton

from app.core.document import Change
from app.core.graph.model import MAIN
from app.training.events import Diagnosed, Failed
from app.ui.pace import later
from app.ui.problems.fix_buttons import again_buttons
from app.ui.qdocument import QDocument
from app.ui.session import Session


class Retraining(QObject):
    """Makes the buttons of findings. A training that is on when one is pressed is stopped first."""

    def __init__(self, session: Session, qdocument: QDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._qdocument = session, qdocument
        self._wanted = False  # a run, as soon as the one that is on has ended
        # the session has still to tell others of the ending
        self._timer = later(self, self._start)
        session.ended.connect(self._on_ended)
        qdocument.changed.connect(self._on_document)
        qdocument.train_wanted.connect(self._train)

    def buttons(self, finding: Diagnosed | Failed) -> list[QPushButton]:
        """A button for each fix of a finding that applies to the drawing as it is now."""
        return again_buttons(self._qdocument, MAIN, finding.node or "", finding.fixes)

    @Slot()
    def _train(self) -> None:
        self._wanted = True
        if self._session.busy:
            self._session.stop()
        else:
            self._start()

    @Slot()
    def _start(self) -> None:
        if self._wanted and not self._session.busy:
            self._wanted = False
            self._session.train()

    @Slot(object)
    def _on_ended(self, _: object) -> None:
        if self._wanted:
            self._timer.start(0)

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if change.opened:  # what was asked for belongs to another drawing
            self._wanted = False
