"""Looks at the files of the drawing's data in a job: neither a slow disk nor a large file holds up the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QGuiApplication

from app.core.document import Change
from app.core.graph.model import Project
from app.core.graph.seen import reads_files, to_look_at
from app.core.graph.seen_schema import Key
from app.jobs.messages import Bundle, Ended, Picture
from app.jobs.runner import Job, Runner
from app.training.events import Failed
from app.ui.qdocument import QDocument


class DataLooks(QObject):
    """After an edit, data that nobody has looked at yet is looked at; in a newly opened drawing, all of it; so it is
    when somebody comes back to the window, who may have put a file there or changed one."""

    def __init__(self, qdocument: QDocument, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._qdocument, self._runner = qdocument, runner
        self._job: Job | None = None
        self._wanted: set[Key] = set()
        qdocument.changed.connect(self._on_document)
        QGuiApplication.instance().applicationStateChanged.connect(self._on_state)  # type: ignore[union-attr]

    def again(self) -> None:
        """Look once more: a file may have come, or have changed."""
        self._want({key for key, _ in to_look_at(self._qdocument.project.graph)})

    def after_training(self, ending: object) -> None:
        """Where a training has failed at data, such as a file that has changed meanwhile, look at it: then the next one
        begins with what is there now."""
        drawn = self._qdocument.project.graph.nodes.get(getattr(ending, "node", None) or "")
        if isinstance(ending, Failed) and drawn is not None and reads_files(drawn):
            self.again()

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if not change.opened and change.before.graph.nodes is change.after.graph.nodes:
            return
        known = {} if change.opened else change.after.schemas
        self._want({key for key, _ in to_look_at(change.after.graph) if key not in known})

    @Slot(Qt.ApplicationState)
    def _on_state(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self.again()

    def _want(self, keys: set[Key]) -> None:
        self._wanted |= keys
        if self._wanted and self._job is None:
            project, path, wanted = self._qdocument.project, self._qdocument.document.path, frozenset(self._wanted)
            self._wanted.clear()
            self._job = self._runner.start(
                lambda: _looks(project, path, wanted), heard=self._on_bundle, ended=self._on_ended
            )

    def _on_bundle(self, bundle: Bundle) -> None:
        self._qdocument.document.learn(dict(picture.content for picture in bundle.pictures))

    def _on_ended(self, _: Ended) -> None:
        self._job = None
        self._want(set())


def _looks(project: Project, beside: Path | None, wanted: frozenset[Key]) -> Iterator[Picture]:
    from app.data.source_looks import looks  # in the job: the first window opens without what reads files

    for key, seen in looks(project, beside, wanted):
        yield Picture(("data", key), (key, seen))
