"""File > Export training script: a program of its own that loads the data and trains, without this window."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from app.core.graph.model import Project
from app.jobs.messages import Ended, Picture
from app.ui.dialogs import tell
from app.ui.latest_job import LatestJob

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_REFUSED = "refused"
_NOT_EXPORTED = "The script is not written"


class ScriptDesk(QObject):
    """Asks for the file, and prints in a job: the data is looked at for it, which takes its time."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._job = LatestJob(window.session.runner, self, self._take, self._ended)
        self._path = Path()

    def export(self) -> None:
        """Ask for a Python file and write the program that trains into it."""
        window = self._window
        if window.session.busy:
            # Printing makes a model, and so takes random numbers that the training would have drawn.
            window.say("The script is exported while nothing trains. Stop the training (F8) first.")
            return
        if self._job.on:
            window.say("A script is being written already.")
            return
        window.files.ask_for_program("Save the training script as", "_training", self._print)

    def _print(self, path: Path) -> None:
        project = self._window.qdocument.project
        self._path = path
        self._window.say(f"Writing {path.name}…")
        self._job.start(partial(printed, project))

    def _take(self, picture: Picture) -> None:
        if picture.key != _REFUSED:
            self._window.files.write_python(self._path, picture.content)
            return
        buttons = [
            ("Show problems", QMessageBox.ButtonRole.AcceptRole, lambda: self._window.show_panel("problems")),
            ("Close", QMessageBox.ButtonRole.RejectRole, None),
        ]
        tell(self._window, _NOT_EXPORTED, picture.content, "Export Python writes the network alone.", buttons)

    def _ended(self, ended: Ended) -> None:
        if ended.outcome == "failed":
            tell(self._window, _NOT_EXPORTED, ended.sentence)


def printed(project: Project) -> Iterator[Picture]:
    """The text of the program, or why this drawing has none."""
    from app.core.compile.net import compile_net
    from app.training.refusal import CannotTrain
    from app.training.script import print_script
    from nodes.api import NoData

    try:
        yield Picture("script", print_script(compile_net(project), project.recipe))
    except (CannotTrain, NoData) as refusal:
        node = getattr(refusal, "node", None)
        yield Picture(_REFUSED, f"{node}: {refusal}" if node else str(refusal))
