"""The document with Qt signals around it, so that panels can listen without knowing each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.commands import Command, Refused
from app.core.document import Change, Document
from app.core.graph.model import Project
from app.core.storage.files import open_project
from app.ui.canvas.arranging import with_places


class QDocument(QObject):
    """Every edit of the window goes through ``do``; every panel follows ``changed``.

    ``changed`` carries the ``Change`` once per edit, undo, redo, save or opened file; ``refused`` a sentence why an
    edit was not done; ``fix_applied`` the ``Change`` of a fix once more. Nothing but the gate is wrapped: ask
    ``document`` for everything else.
    """

    changed = Signal(object)  # Change
    refused = Signal(str)
    fix_applied = Signal(object)  # Change, of an edit that a problem offered
    train_wanted = Signal()

    def __init__(self, document: Document | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document if document is not None else Document()
        self.document.subscribe(self.changed.emit)
        # What an edit takes along for its figures to have room, as the canvas knows it; may raise Refused.
        self.make_room: Callable[[Command], Command] = lambda command: command

    @property
    def project(self) -> Project:
        """The present value."""
        return self.document.project

    def do(self, command: Command, *, room: bool = True) -> bool:
        """Carry out an edit. False if it was refused (``refused`` has said why) or changes nothing.

        Where it makes an expanded block larger, the neighbours of that make room in the same step, unless the edit sees
        to it itself (``room`` False).
        """
        return self._done(command, room) is not None

    def do_step(self, command: Command, *, room: bool = True) -> bool:
        """Carry out an edit as a step of its own, also if it could merge with the one before."""
        return self._step(command, room) is not None

    def apply_fix(self, command: Command, *, again: bool = False) -> bool:
        """Carry out what a problem offers, as a step of its own; ``fix_applied`` then tells what came into the drawing.
        ``again``: a training has found it, so that the drawing is to be trained once more (``train_wanted``)."""
        change = self._step(command)
        if change is not None:
            self.fix_applied.emit(change)
        if again and change is not None:  # else it was refused, in a sentence, and a training would be as before
            self.train_wanted.emit()
        return change is not None

    def _step(self, command: Command, room: bool = True) -> Change | None:
        self.document.seal()
        change = self._done(command, room)
        self.document.seal()
        return change

    def _done(self, command: Command, room: bool) -> Change | None:
        try:
            return self.document.do(self.make_room(command) if room else command)
        except Refused as refusal:
            self.refused.emit(str(refusal))
            return None

    def undo(self) -> bool:
        """Take the last step back; False if there is none."""
        return self.document.undo() is not None

    def redo(self) -> bool:
        """Do the step again that was undone last; False if there is none."""
        return self.document.redo() is not None

    def open(self, path: Path) -> None:
        """Show the drawing of a file. One without places for its nodes is arranged first.

        Raises:
            UnreadableDrawing: if nothing of it can be used; the present drawing stays.
        """
        opened = self.document.load(path)
        placed = with_places(opened.project)
        if placed is not opened.project:
            self.document.replace(placed, path, opened.complaints)

    def reload(self) -> None:
        """Show the drawing of its file once more, as a step that can be undone.

        Raises:
            UnreadableDrawing: if nothing of it can be used; the present drawing stays.
        """
        assert self.document.path is not None, "it was opened or saved"
        opened = open_project(self.document.path)
        self.document.take_from_file(replace(opened, project=with_places(opened.project)))

    def new(self, project: Project | None = None) -> None:
        """Show a fresh drawing with an empty past and no file."""
        self.document.replace(project if project is not None else Project())
