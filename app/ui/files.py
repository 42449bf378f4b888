"""Opening and saving, with the questions before something is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QMessageBox

from app.core.document import Change
from app.core.graph.model import Graph, Project
from app.core.storage import templates
from app.core.storage.files import UnreadableDrawing, write_atomic
from app.training.folder import DRAWING
from app.ui.changes import what_changed
from app.ui.dialogs import ask, choose_file, not_saved, show_list, tell
from app.ui.training import runs

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

ENDING = "netloom"
DRAWINGS = "Netloom drawings (*.netloom);;All files (*)"
PYTHON = "Python files (*.py);;All files (*)"
_ROLE = QMessageBox.ButtonRole


class Files(QObject):
    """The file menu of one window. Nothing here waits: every question gets its answer as a call.

    ``opened`` follows each drawing that is new in the window, ``recent_changed`` each change of the recent files.
    """

    opened = Signal()
    recent_changed = Signal()

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._qdocument = window.qdocument
        self._saved = window.qdocument.project
        self._unasked: Graph | None = None  # of the drawing that the window begins with where none is named
        window.qdocument.changed.connect(self._changed)

    def _changed(self, change: Change) -> None:
        if change.opened or not self._qdocument.document.dirty:
            self._saved = change.after

    @property
    def _path(self) -> Path | None:
        return self._qdocument.document.path

    @property
    def name(self) -> str:
        """What the drawing is called in a sentence: its file, or its title."""
        return self._path.name if self._path is not None else self._qdocument.project.title or "Untitled"

    # Opening

    def new(self) -> None:
        """An empty drawing."""
        self.when_safe(lambda: self._show_fresh(None))

    def open(self) -> None:
        """Ask for a file and open it. Only then is asked whether a training may be stopped, or changes be lost: whoever
        cancels the choice of a file wants nothing of that."""
        choose_file(self._window, "Open a drawing", self.folder(), DRAWINGS, self.open_recent)

    def open_elsewhere(self) -> None:
        """Ask for a file and open it in a window of its own."""
        window = self._window
        choose_file(
            window, "Open in a new window", self.folder(), DRAWINGS, lambda path: window.windows.open_file(path, window)
        )

    def open_recent(self, path: Path) -> None:
        """Open one of the recent files, or any other; one that is open in another window is shown there."""
        if path.name == DRAWING and runs.past(path.parent, last=True) is not None:
            self.open_run(path.parent)
        elif not self._window.windows.raised(path, self._window):
            self.when_safe(lambda: self.load(path))

    def open_template(self, name: str) -> None:
        """Open a drawing that ships with the program; saving it asks for a name."""
        self.when_safe(lambda: self._show_fresh(name))

    def start_with(self, what: str | None) -> None:
        """The first drawing of the window: a file, a template by name, LeNet-5 (None), or an empty one (no text)."""
        if what == "":
            self._show_fresh(None)
            return
        try:
            _, path = templates.open_file_or_template(what) if what is not None else (None, None)
        except UnreadableDrawing as reason:
            self._show_fresh(templates.FIRST)
            self.cannot_open(str(reason))
            return
        if path is not None:
            self.load(path)
        else:
            self._show_fresh(what or templates.FIRST)
            self._unasked = self._qdocument.project.graph if what is None else None

    @property
    def unasked(self) -> bool:
        """Whether the drawing is still the one that a window begins with: nobody has asked for it, or used it."""
        document = self._qdocument.document
        untouched = document.path is None and not document.dirty and self._window.session.trained is None
        return untouched and self._unasked is not None and document.project.graph == self._unasked

    def open_run(self, folder: Path) -> None:
        """Show a run with what it has learned; nothing of the drawing that is open is lost by that."""
        self._window.when_not_training(lambda: self._window.runs.open(folder))

    def load(self, path: Path) -> None:
        """Show the drawing of a file, in the window where it is open already if that is another one."""
        if not self._window.windows.raised(path, self._window):
            self.show(path)

    def show(self, path: Path) -> bool:
        """Show the drawing of a file here. If it cannot be read, a sentence says why and the present one stays."""
        try:
            self._qdocument.open(path)
        except UnreadableDrawing as reason:
            self.cannot_open(str(reason))
            if not path.exists():
                self._window.settings.forget_recent(path)
                self.recent_changed.emit()
            return False
        past = runs.past(path.parent) if path.name == DRAWING else None
        if past is not None and not self._qdocument.document.complaints:
            self._recall(past)
            return True
        self._window.settings.add_recent(path)
        self.recent_changed.emit()
        self.tell_complaints()
        self.opened.emit()
        return True

    def tell_complaints(self) -> None:
        """Say above the canvas how much of the file could not be read, in the place of what stood there."""
        self._window.banner.clear()
        complaints = self._qdocument.document.complaints
        if complaints:
            count = "1 thing" if len(complaints) == 1 else f"{len(complaints)} things"
            said = f"{self.name}: {count} could not be read."
            self._window.banner.say(said, "Show all", lambda: self._show_complaints(complaints))

    def _recall(self, past: runs.KeptRun) -> None:
        """Show a run. Its drawing belongs to its weights, so saving asks for another file."""
        self._qdocument.new(self._qdocument.project)
        self._window.session.recall(past)
        self._window.banner.clear()
        self.opened.emit()
        self._window.say("This is an earlier run, with what it has learned. Saving asks for a new file.")

    def _show_fresh(self, template: str | None) -> None:
        try:
            project = templates.load(template) if template is not None else None
        except UnreadableDrawing as reason:
            self.cannot_open(str(reason))
            return
        self.show_project(project)

    def show_project(self, project: Project | None) -> None:
        """Show a drawing that has no file yet; an empty one for None. Nobody is asked."""
        self._qdocument.new(project)
        self._window.banner.clear()
        self.opened.emit()

    def cannot_open(self, reason: str) -> None:
        """Say why a file cannot be read."""
        tell(self._window, "This cannot be opened", reason, "The drawing that is open stays as it is.")

    def _show_complaints(self, complaints: tuple[str, ...]) -> None:
        text = (
            f"These things in {self.name} could not be used as they stand. Everything else was opened. "
            "When you save, the file as it was is kept beside it with the ending .original."
        )
        show_list(self._window, "What could not be read", text, complaints)

    # Saving

    def save(self) -> None:
        """Write the drawing into its file; ask for one if it has none."""
        self._save_then(lambda: None)

    def save_as(self) -> None:
        """Ask for a file and write the drawing into it."""
        self._save_as_then(lambda: None)

    def _save_then(self, go_on: Callable[[], object]) -> None:
        if self._path is None:
            self._save_as_then(go_on)
        elif self._window.autosave.overtaken:
            self._ask_overtaken(self._path, go_on)
        else:
            self.write(self._path, go_on)

    def _ask_overtaken(self, path: Path, go_on: Callable[[], object]) -> None:
        tell(
            self._window,
            "The file has changed",
            f"{path.name} was changed by another program since it was opened or saved here.",
            "Saving it here loses what the other program wrote. Save this drawing under another name to keep both.",
            [
                ("Save as…", _ROLE.AcceptRole, lambda: self._save_as_then(go_on)),
                ("Save anyway", _ROLE.DestructiveRole, lambda: self.write(path, go_on)),
                ("Cancel", _ROLE.RejectRole, None),
            ],
        )

    def _save_as_then(self, go_on: Callable[[], object]) -> None:
        place = self._path or self.folder() / f"{file_name(self._qdocument.project.title)}.{ENDING}"
        choose_file(
            self._window,
            "Save the drawing as",
            place,
            DRAWINGS,
            lambda path: self.write(path, go_on),
            saving=True,
            ending=ENDING,
        )

    def write(self, path: Path, go_on: Callable[[], object] = lambda: None) -> None:
        """Save to ``path`` and go on; if that fails, say why and do not go on. ``.netloom`` is added if missing."""
        if path.suffix != f".{ENDING}":
            path = path.with_name(f"{path.name}.{ENDING}")
        other = self._window.windows.window_of(path)
        again = [("Save as…", _ROLE.AcceptRole, lambda: self._save_as_then(go_on)), ("Close", _ROLE.RejectRole, None)]
        if other is not None and other is not self._window:
            remedy = "Save this drawing under another name, or close the other window first."
            tell(self._window, "Not saved", f"{path.name} is open in another window.", remedy, again)
            return
        try:
            self._qdocument.document.save(path)
        except OSError as error:
            reason = f"The drawing could not be saved to {path}: {error.strerror or error}."
            remedy = (
                "Nothing is lost: the drawing is still open, and a file that was there is as it was. "
                "Save it in another place."
            )
            tell(self._window, "Not saved", reason, remedy, again)
            return
        self._window.settings.add_recent(path)
        self.recent_changed.emit()
        self._window.banner.clear()
        self._window.say(f"Saved to {path}")
        go_on()

    def export(self) -> None:
        """Ask for a Python file and write the printed program into it."""
        from app.core.compile.plan import make_plan
        from app.core.compile.source import print_source

        document = self._qdocument.document
        project, report = document.project, document.report

        def write(path: Path) -> None:
            self.write_python(path, print_source(make_plan(project, report)).text)

        self.ask_for_program("Save the program as", "", write)

    def ask_for_program(self, title: str, behind: str, chosen: Callable[[Path], object]) -> None:
        """Ask for a Python file, whose name has ``behind`` at its end, of a drawing without problems."""
        from app.core.compile.plan import NotReady, make_plan

        document = self._qdocument.document
        try:
            make_plan(document.project, document.report)
        except NotReady:
            tell(
                self._window,
                "There is no program yet",
                "The drawing has problems, so it cannot be printed as Python.",
                "Mend what stands in the list of problems, then export it again.",
                [
                    ("Show problems", _ROLE.AcceptRole, lambda: self._window.show_panel("problems")),
                    ("Close", _ROLE.RejectRole, None),
                ],
            )
            return
        stem = self._path.stem if self._path is not None else document.project.title
        name = f"{file_name(stem)}{behind}.py"
        choose_file(self._window, title, self.folder() / name, PYTHON, chosen, saving=True, ending="py")

    def write_python(self, path: Path, text: str) -> None:
        """Save the printed program to ``path``."""
        if not path.suffix:
            path = path.with_suffix(".py")
        try:
            write_atomic(path, text.encode())
        except OSError as error:
            not_saved(self._window, "The program", path, error, lambda: self._write_elsewhere(path.name, text))
            return
        self._window.say(f"Saved to {path}")

    def _write_elsewhere(self, name: str, text: str) -> None:
        def write(path: Path) -> None:
            self.write_python(path, text)

        choose_file(self._window, "Save the program as", self.folder() / name, PYTHON, write, saving=True, ending="py")

    # Before something is lost

    def when_safe(self, go_on: Callable[[], object]) -> None:
        """Go on once no training is on and nothing unsaved would be lost; the person may save, discard or cancel."""
        self._window.when_not_training(lambda: self._when_saved(go_on))

    def _when_saved(self, go_on: Callable[[], object]) -> None:
        document = self._qdocument.document
        if not document.dirty:
            go_on()
            return
        changes = "; ".join(what_changed(self._saved, document.project)) or "the last changes"
        ask(
            self._window,
            "Unsaved changes",
            f"Save the changes to {self.name}?",
            f"Without saving, this would be lost: {changes}.",
            [
                ("Save", _ROLE.AcceptRole, lambda: self._save_then(go_on)),
                ("Do not save", _ROLE.DestructiveRole, go_on),
                ("Cancel", _ROLE.RejectRole, None),
            ],
        )

    def folder(self) -> Path:
        """Where file dialogs begin: where the last file was, else in the documents."""
        return self._remembered(self._window.settings.values.folder)

    def data_folder(self) -> Path:
        """Where dialogs for own data begin: where it was found last, else as those for drawings."""
        values = self._window.settings.values
        return self._remembered(values.data_folder, values.folder)

    def _remembered(self, *folders: str) -> Path:
        known = next((Path(each) for each in folders if each and Path(each).is_dir()), None)
        if known is not None:
            return known
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(documents) if Path(documents).is_dir() else Path.home()


def file_name(title: str) -> str:
    """A title as the name of a file: ``LeNet-5 on digits`` gives ``lenet-5_on_digits``. Letters of any writing stay."""
    return re.sub(r"[^\w-]+", "_", title.lower()).strip("_-")[:60] or "drawing"
