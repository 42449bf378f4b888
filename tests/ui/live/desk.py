"""A session with its document, without a window around it, and everything it has said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.core.document import Document
from app.core.graph.model import Project
from app.training.events import Probed
from app.ui.qdocument import QDocument
from app.ui.session import Session

LONG = 100_000  # epochs; so many that a training is not over by itself, however late the window looks


class Desk:
    """A session, and everything it has said."""

    def __init__(self, qtbot: QtBot, project: Project) -> None:
        self.qtbot = qtbot
        self.qdocument = QDocument(Document(project))
        self.session = Session(self.qdocument)
        self.states: list[str] = []
        self.events: list[Any] = []
        self.endings: list[Any] = []
        self.sentences: list[str] = []
        self.session.state_changed.connect(self.states.append)
        self.session.progress.connect(lambda bundle: self.events.extend(bundle.events))
        self.session.ended.connect(self.endings.append)
        self.session.said.connect(self.sentences.append)

    def of(self, kind: type) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def until(self, condition: Callable[[], object]) -> None:
        """Let Qt work until something is so."""
        self.qtbot.waitUntil(lambda: bool(condition()))

    def until_ended(self) -> Any:
        """The ending of the training that is on, after a moment in which a second one would show up."""
        self.until(lambda: self.endings)
        self.qtbot.wait(60)
        assert len(self.endings) == 1, f"exactly one ending, but there were {self.endings}"
        return self.endings.pop()

    def until_at_rest(self) -> None:
        """Wait until a training that was paused does pause: it answers between two batches, and none follows."""
        answered = len(self.of(Probed))
        control = self.session._control
        assert control is not None
        control.ask(lambda _view: None)
        self.until(lambda: len(self.of(Probed)) > answered)

    def load_torch(self) -> None:
        """Have torch loaded, as after the first paint."""
        self.session.load_torch()
        self.until(lambda: self.session.torch_loaded)


def choose_in_dialog(button: QWidget, path: Path) -> None:
    """Press a button that asks for a file, and give it this one."""
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, QFileDialog) and each.isVisible())
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(field, QLineEdit)
    field.setText(str(path))
    QTest.keyClick(field, Qt.Key.Key_Return)
