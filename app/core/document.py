"""The open drawing: its present value, what follows from it, its past, and its file. The only gate for edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from app.core.commands import Command
from app.core.graph.graph_diff import GraphDiff, diff
from app.core.graph.model import EMPTY, MAIN, Graph, Project
from app.core.graph.renames import NO_RENAMES, Renames
from app.core.graph.seen_schema import Key, SeenSchema
from app.core.history import History, Mark
from app.core.inference import GraphReport, Report, infer
from app.core.storage.files import OpenedProject, open_project, save_project
from app.core.variants.marks import followed


@dataclass(frozen=True)
class Change:
    """One change of the document, told to listeners once: an edit, an undo, a redo, a save or a newly opened file.

    ``diffs`` holds the difference of each graph that changed (``MAIN`` or a block's name). ``opened`` says that
    everything is new, so that views start over. ``reported`` are nodes of the main graph whose report is new.
    ``renamed_blocks`` leads from the old names of blocks to the new ones.
    """

    before: Project
    after: Project
    report: Report
    title: str
    diffs: Mapping[str, GraphDiff] = field(default_factory=dict)
    reported: frozenset[str] = frozenset()
    opened: bool = False
    renamed_blocks: Mapping[str, str] = field(default_factory=lambda: EMPTY)


Listener = Callable[[Change], None]


class Document:
    """A project with its report, history, path and listeners. Not thread-safe; belongs to the GUI thread."""

    def __init__(self, project: Project | None = None, path: Path | None = None) -> None:
        project = project if project is not None else Project()
        self._history: History[Project] = History(project)
        self._report = infer(project)
        self._listeners: list[Listener] = []
        self.path = path
        self.complaints: tuple[str, ...] = ()

    @staticmethod
    def open(path: Path) -> Document:
        """The document of a file; what could not be read stands in ``complaints``.

        Raises:
            UnreadableDrawing: if nothing of the file can be used.
        """
        document = Document()
        document.load(path)
        return document

    @property
    def project(self) -> Project:
        """The present value."""
        return self._history.present

    @property
    def report(self) -> Report:
        """What follows from the present value."""
        return self._report

    def graph(self, where: str = MAIN) -> Graph:
        """The present main graph, or a block's."""
        return self.project.graph_of(where)

    def graph_report(self, where: str = MAIN) -> GraphReport:
        """The report of the main graph, or of a block as its first instance sees it."""
        return self._report.of(where)

    @property
    def dirty(self) -> bool:
        """Whether something would be lost if the document were closed now."""
        return not self._history.clean

    @property
    def undo_title(self) -> str | None:
        """The step that undo takes back."""
        return self._history.undo_title

    @property
    def redo_title(self) -> str | None:
        """The step that redo does again."""
        return self._history.redo_title

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Be told of every change; call the result to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def do(self, command: Command) -> Change | None:
        """Carry out an edit; None if it changes nothing.

        Raises:
            Refused: if the edit cannot be done; nothing has changed then.
        """
        before = self.project
        after = command.apply(before)
        if after.varied:
            after = followed(before, after, command.renames)
        if after == before:
            return None
        title = command.title_in(before)
        self._history.push(after, title, command.merge_key, command.renames)
        return self._tell(before, title, command.renames)

    def undo(self) -> Change | None:
        """Show the value before the last step; None if there is none."""
        before, title, renames = self.project, self._history.undo_title, self._history.undo_known
        if not self._history.undo():
            return None
        return self._tell(before, f"Undo {title}", renames.undone if isinstance(renames, Renames) else NO_RENAMES)

    def redo(self) -> Change | None:
        """Show the value after the step that was undone last; None if there is none."""
        before, title, renames = self.project, self._history.redo_title, self._history.redo_known
        if not self._history.redo():
            return None
        return self._tell(before, f"Redo {title}", renames if isinstance(renames, Renames) else NO_RENAMES)

    def mark(self) -> Mark[Project]:
        """Where the past stands now, at the begin of a gesture that edits while it is made."""
        return self._history.mark()

    def return_to(self, mark: Mark[Project]) -> Change | None:
        """Take a gesture back, with all steps since the mark; unlike undo it leaves nothing to be redone."""
        before = self.project
        self._history.return_to(mark)
        return self._tell(before, "Cancel") if self.project is not before else None

    def seal(self) -> None:
        """Let the next edit be a step of its own even if it could merge."""
        self._history.seal()

    def replace(self, project: Project, path: Path | None = None, complaints: tuple[str, ...] = ()) -> Change:
        """Show another project with an empty past."""
        before = self.project
        self._history = History(project)
        self.path = path
        self.complaints = complaints
        self._report = infer(project)
        return self._announce(
            Change(before, project, self._report, "Open", {}, frozenset(project.graph.nodes), opened=True)
        )

    def learn(self, found: Mapping[Key, SeenSchema]) -> Change | None:
        """Take up what was seen of data in files; None if all of it was known. It is no step to be undone, and saving
        is not asked for because of it."""
        before = self.project
        if all(before.schemas.get(key) == seen for key, seen in found.items()):
            return None

        def taught(project: Project) -> Project:
            return replace(project, schemas=MappingProxyType({**project.schemas, **found}))

        self._history.amend(taught)
        return self._tell(before, "Data")

    def renew(self) -> Change:
        """Work everything out anew, because layer types came or went. The drawing and its past stay."""
        self._report = infer(self.project)
        names = frozenset(self.project.graph.nodes)
        return self._announce(Change(self.project, self.project, self._report, "Layers", {}, names))

    def load(self, path: Path) -> OpenedProject:
        """Show the project of a file.

        Raises:
            UnreadableDrawing: if nothing of the file can be used; the present drawing stays.
        """
        opened = open_project(path)
        self.replace(opened.project, path, opened.complaints)
        return opened

    def take_from_file(self, opened: OpenedProject) -> Change | None:
        """Show what somebody else has written into the file of this drawing: a step to be undone, and then saved
        already. None if it is what stands here."""
        before = self.project
        self.complaints = opened.complaints
        if opened.project != before:
            self._history.push(opened.project, "Load the changed file")
        self._history.mark_clean()
        return self._tell(before, "Load the changed file") if opened.project != before else None

    def mark_unsaved(self) -> None:
        """The file does not hold this drawing any more, whatever was saved; told as a change of nothing."""
        self._history.mark_unclean()
        self._announce(Change(self.project, self.project, self._report, "Not saved"))

    def save(self, path: Path | None = None) -> Path:
        """Write the project to ``path``, or to where it came from, in one atomic step.

        If the file was opened with complaints, the original is kept beside it with the ending ``.original``.

        Raises:
            ValueError: if there is no path.
            OSError: if the file cannot be written; the old one is untouched then.
        """
        target = path or self.path
        if target is None:
            raise ValueError("The drawing has no file yet. Choose one with Save as.")
        save_project(self.project, target, keep_original=bool(self.complaints) and target == self.path)
        self.path = target
        self.complaints = ()
        self._history.mark_clean()
        self._announce(Change(self.project, self.project, self._report, "Save"))
        return target

    def _tell(self, before: Project, title: str, renames: Renames = NO_RENAMES) -> Change:
        after = self.project
        self._report = infer(after, self._report, before)
        facts = {}
        called = {new: old for old, new in renames.blocks.items()}
        gone = (name for name in before.blocks if name not in renames.blocks)
        for where in (MAIN, *dict.fromkeys((*gone, *after.blocks))):
            earlier = called.get(where, where)
            old = before.graph_of(earlier) if earlier == MAIN or earlier in before.blocks else Graph()
            new = after.graph_of(where) if where == MAIN or where in after.blocks else Graph()
            found = diff(old, new, renames.of(where))
            if found:
                facts[where] = found
        change = Change(before, after, self._report, title, facts, self._report.changed, renamed_blocks=renames.blocks)
        return self._announce(change)

    def _announce(self, change: Change) -> Change:
        for listener in tuple(self._listeners):
            listener(change)
        return change
