"""Trains again with what a finding recommends: one edit, which undo takes back, and a fresh run."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QPushButton

from app.core.checks.fixes import command_at, reach_words, words_at
from app.core.checks.problems import AnyFix, SetOwnRate, SetTraining
from app.core.document import Change
from app.core.graph.model import MAIN
from app.core.graph.recipe import setting
from app.training.events import Diagnosed, Failed
from app.ui.labels import ElidingButton, button
from app.ui.pace import later
from app.ui.qdocument import QDocument
from app.ui.session import Session

MOST = 3  # buttons for one finding


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


def again_buttons(qdocument: QDocument, where: str, path: str, fixes: Iterable[AnyFix]) -> list[QPushButton]:
    """A button for each of the first fixes of a finding at ``path`` that apply now: it does that, and trains again."""
    made: list[QPushButton] = []
    project = qdocument.project
    for fix in fixes:
        command = command_at(project, where, path, fix) if len(made) < MOST else None
        if command is None:
            continue
        words = words_at(project, where, path, fix)
        tip = f"{words} and train again. {reach_words(project, command)}".strip() + " Undo takes the change back."
        made.append(
            button(_words(fix, words), tip, partial(_again, qdocument, where, path, fix), "train", ElidingButton)
        )
        # It goes as soon as it was clicked; the keys would then fall to a field nobody has chosen.
        made[-1].setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


def _again(qdocument: QDocument, where: str, path: str, fix: AnyFix) -> None:
    command = command_at(qdocument.project, where, path, fix)
    if command is not None:
        qdocument.apply_fix(command, again=True)


def _words(fix: AnyFix, words: str) -> str:
    """The text of the button; ``words`` are those of the edit alone."""
    match fix:
        case SetTraining("lr", value) | SetOwnRate(_, value):
            return f"Train again with {value:g}"
        case SetTraining("epochs", value):
            return f"Train again for {value:,} epoch{'s' if value != 1 else ''}"
        case SetTraining(name, value):
            param = setting(name) if "." in name else None
            called = param.title if param is not None else name.replace("_", " ")
            return f"Train again with {called} {f'{value:g}' if isinstance(value, float) else value}"
    return f"{words}, train again"
