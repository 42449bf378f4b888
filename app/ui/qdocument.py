"""The document with Qt signals around it, so that panels can listen without knowing each other."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.commands import Command, Refused
from app.core.document import Change, Document
from app.core.graph.model import Project
from app.ui.canvas.arranging import with_places


class QDocument(QObject):
    """Every edit of the window goes through ``do``; every panel follows ``changed``.

    ``changed`` carries the ``Change`` once per edit, undo, redo, save or opened file; ``refused`` a sentence why an
    edit was not done; ``mended`` the ``Change`` of a fix once more. Nothing but the gate is wrapped: ask ``document``
    for everything else.
    """

    changed = Signal(object)  # Change
    refused = Signal(str)
    mended = Signal(object)  # Change, of an edit that a problem offered

    def __init__(self, document: Document | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document if document is not None else Document()
        self._stop_listening = self.document.subscribe(self._tell)

    def _tell(self, change: Change) -> None:
        self.changed.emit(change)

    @property
    def project(self) -> Project:
        """The present value."""
        return self.document.project

    def do(self, command: Command) -> bool:
        """Carry out an edit. False if it was refused (``refused`` has said why) or changes nothing."""
        try:
            return self.document.do(command) is not None
        except Refused as refusal:
            self.refused.emit(str(refusal))
            return False

    def mend(self, command: Command) -> bool:
        """Carry out what a problem offers, as a step of its own; ``mended`` then tells what came into the drawing."""
        self.document.seal()
        try:
            change = self.document.do(command)
        except Refused as refusal:
            self.refused.emit(str(refusal))
            return False
        self.document.seal()
        if change is not None:
            self.mended.emit(change)
        return change is not None

    def undo(self) -> bool:
        """Take the last step back; False if there is none."""
        return self.document.undo() is not None

    def redo(self) -> bool:
        """Do the step again that was undone last; False if there is none."""
        return self.document.redo() is not None

    def set_document(self, document: Document) -> None:
        """Show another document; listeners hear of it as of a newly opened file."""
        before = self.document.project
        self._stop_listening()
        self.document = document
        self._stop_listening = document.subscribe(self._tell)
        reported = frozenset(document.project.graph.nodes)
        self.changed.emit(Change(before, document.project, document.report, "Open", {}, reported, opened=True))

    def open(self, path: Path) -> None:
        """Show the drawing of a file. One without places for its nodes is arranged first.

        Raises:
            Unreadable: if nothing of it can be used; the present drawing stays.
        """
        opened = self.document.load(path)
        placed = with_places(opened.project)
        if placed is not opened.project:
            self.document.replace(placed, path, opened.complaints)

    def new(self, project: Project | None = None) -> None:
        """Show a fresh drawing with an empty past and no file."""
        self.document.replace(project if project is not None else Project())
