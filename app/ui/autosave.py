"""Keeps what is not saved, so that a crash costs seconds: written beside the settings, a moment after each change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from app.core.document import Change, Document
from app.core.graph.model import Project
from app.core.storage import recovery
from app.jobs.messages import Ended
from app.jobs.runner import Runner
from app.ui.changes import what_changed
from app.ui.pace import later

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

# From the first change on, and not put off by further ones: nothing is older than this and the time of writing.
DELAY_MS = 2000


def folder_of(window: BaseWindow) -> Path:
    """Where unsaved drawings are kept: beside the settings."""
    return window.settings.path.parent / "recovery"


class Autosave(QObject):
    """Follows the document of one window. Writing happens in a thread: it waits for the disk.

    The kept file is there exactly while something is unsaved: saving, undoing everything or closing removes it.
    """

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._closed = False
        self.file = recovery.fresh_place(folder_of(window))
        self._runner = Runner(self)
        self._timer = later(self, self._write, DELAY_MS)
        self._saved = self._document.project
        self._stamp = recovery.stamp_of(self._document.path)
        self._writing: _DrawingToKeep | None = None
        self._written: Project | None = None  # what the kept file holds
        self._restored: list[Path] = []  # kept by earlier processes; they go once this one has written
        self._told = False
        window.qdocument.changed.connect(self._changed)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.flush)

    @property
    def _document(self) -> Document:
        return self._window.qdocument.document

    @property
    def overtaken(self) -> bool:
        """Whether another program has written the drawing's file since it was opened or saved here."""
        now = recovery.stamp_of(self._document.path)
        return now is not None and now != self._stamp

    def accept_file(self) -> None:
        """What the file is like now is known, and nobody has to be asked because of it."""
        self._stamp = recovery.stamp_of(self._document.path)

    def _changed(self, change: Change) -> None:
        document = self._document
        if self._closed:
            return  # what the program does on its way out
        if change.opened or not document.dirty:
            if change.opened or change.title == "Save":
                self._saved = change.after
                self._stamp = recovery.stamp_of(document.path)
            self._forget()
        elif document.project is not self._written and not self._timer.isActive() and self._writing is None:
            self._timer.start()

    def restored(self, file: Path) -> None:
        """The drawing that is shown came from this kept file, which stays until its content has been written anew."""
        if self._document.dirty:
            self._restored.append(file)
        else:
            recovery.forget(file)

    def _job(self) -> _DrawingToKeep:
        document = self._document
        name = self._window.files.name
        return _DrawingToKeep(self.file, document.project, self._saved, document.path, self._stamp, name)

    def _write(self) -> None:
        if self._writing is None and self._document.dirty and self._document.project is not self._written:
            self._writing = self._job()
            self._runner.start(self._writing.run, ended=self._ended)

    def _ended(self, ended: Ended) -> None:
        writing, self._writing = self._writing, None
        if writing is None:
            return
        self._take(writing, ended.sentence)
        if not self._document.dirty:
            self._forget()  # it was saved meanwhile
        elif self._document.project is not self._written:
            self._timer.start()

    def _take(self, writing: _DrawingToKeep, failure: str = "") -> None:
        if writing.done:
            self._written, self._told = writing.project, False
            self._forget_restored()
            return
        self._written = None
        if not self._told:
            self._told = True  # once, until it has worked again
            self._window.banner.say(
                f"Unsaved changes cannot be kept for the case of a crash: {writing.failure or failure} "
                f"(in {self.file.parent}). Save the drawing often."
            )

    def _forget(self) -> None:
        self._timer.stop()
        self._written = None
        self._forget_restored()
        if self._writing is None:
            recovery.forget(self.file)

    def _forget_restored(self) -> None:
        for file in self._restored:
            recovery.forget(file)
        self._restored.clear()

    def flush(self) -> None:
        """Write at once what is not kept yet. For an end of the program that asks nobody."""
        if self._timer.isActive() or self._writing is not None:
            self._timer.stop()
            self._runner.shutdown()
            if self._document.dirty and self._document.project is not self._written:
                last = self._job()
                for _ in last.run():
                    pass
                self._take(last)
            self._timer.stop()

    def close(self) -> None:
        """The window closes, and nothing in it is to be kept: it was saved, or somebody said that it may go."""
        self._timer.stop()
        self._runner.shutdown()
        self._timer.stop()
        self._closed = True
        self._forget()


@dataclass
class _DrawingToKeep:
    """One writing, for a thread: nothing in it belongs to Qt."""

    file: Path
    project: Project
    saved: Project
    path: Path | None
    stamp: recovery.Stamp | None
    name: str
    done: bool = False
    failure: str = ""

    def run(self) -> Iterator[object]:
        """Write; what goes wrong is kept in ``failure``."""
        try:
            changes = what_changed(self.saved, self.project)
            recovery.keep(self.file, self.project, self.path, self.stamp, self.name, changes)
            self.done = True
        except OSError as error:
            self.failure = f"{error.strerror or error}."
        yield from ()
