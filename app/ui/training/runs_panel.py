"""The panel of the runs of the drawing: what came of each, what differs, names and notes, curves laid over others."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidgetItem,
    QWidget,
)

from app.core.document import Change
from app.core.storage.files import write_atomic
from app.training import run_files
from app.training.comparability import sentences
from app.training.kept_runs import KeptRun, damage_words, folder_called
from app.training.outcome import branch_words, seconds_of, weights_of
from app.training.run_description import MOST_NAME, change_about
from app.training.snapshots import kept_epochs
from app.ui.canvas.node_words import plural
from app.ui.dialogs import choose_file, not_saved, tell
from app.ui.flow import FlowLayout, FlowPanel
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import TintedLabel, button, search_field
from app.ui.layouts import column
from app.ui.pace import later
from app.ui.training import runs
from app.ui.training.ensembling import EnsembleJobs
from app.ui.training.run_curves import RunCurves, duration
from app.ui.training.run_names import NamedRun, named, usual_name
from app.ui.training.run_rows import RunRow, RunTree
from app.ui.training.runs_bin import Bin
from nodes.api.words import listed

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

COLUMNS = ("Run", "Result", "Since the run before", "When", "Took", "Epochs", "Parameters", "Settings", "Note")
_WIDE = (120, 84, 160, 130, 64, 90, 66, 160, 200)  # at least as wide as their heads are
_NAME, _NOTE = 0, COLUMNS.index("Note")
_CHECKED, _UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_KEYS = (Qt.Key.Key_F2, Qt.Key.Key_Delete)
_MOST_DAMAGED = 2  # runs of which a sentence says what cannot be read
MOST_OVERLAID = 8  # curves that can be told apart
MOST_KEPT = (5, 10, 30, 100, 1000)
_FILES = "Numbers of all epochs (*.csv);;All files of the runs (*.zip)"


class RunsPanel(FlowPanel):
    """Follows the drawing of one window. A tick at a run lays its curves over those of the present one."""

    def __init__(self, window: BaseWindow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._overlaid: dict[Path, NamedRun] = {}
        tip = "Words that all have to occur in a run: name, note, settings, result, what differs"
        self.search = search_field("Filter", "Filter runs", tip, self._filter)
        self.search.setMaximumWidth(200)
        self.list = _List()
        self.list.itemActivated.connect(lambda _item, _column: self._open())
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.list.itemChanged.connect(self._changed)
        self.words = TintedLabel("", "text.soft", wrap=True)
        self.open_button = button("Open", "Show the run with what it has learned (Enter)", self._open)
        self.rename_button = button("Rename", "Give the run a name (F2)", lambda: self._edit(_NAME))
        self.note_button = button("Note", "Write a note to the run", lambda: self._edit(_NOTE))
        self.export_button = button(
            "Export…", "Save numbers (CSV) or all files (ZIP) of the selected runs", self._export
        )
        self.branch_button = button(
            "Continue from…", "Begin a run of its own from an epoch that this one has kept", self._branch
        )
        self.ensemble_button = button(
            "As an ensemble",
            "Average what the selected runs say, and show the numbers beside those of each",
            lambda: self.ensembling.ask(self.chosen()),
        )
        self.ensembling = EnsembleJobs(window.session, self, self._show_buttons)
        self.delete_button = button("Throw away…", "Put the selected runs into the bin (Delete)", self._delete)
        self.keep = CalmCombo(
            "How many runs are kept",
            "After a training, the oldest runs beyond this number, of all drawings, are deleted for good. Those with a "
            "name or a note stay, and so does the last one of each file.",
            ((f"Keep the last {most:,}", most) for most in MOST_KEPT),
        )
        self.keep.setMinimumContentsLength(len("Keep the last 1,000"))
        self.keep.setCurrentIndex(self.keep.findData(window.settings.values.keep_runs))
        self.keep.activated.connect(lambda _: window.settings.change(keep_runs=self.keep.currentData()))
        self.bin = Bin(window, self, self._show_buttons, self._thrown)
        flow = FlowLayout()
        for part in (
            self.search,
            self.open_button,
            self.rename_button,
            self.note_button,
            self.branch_button,
            self.ensemble_button,
            self.export_button,
            self.delete_button,
            self.keep,
        ):
            flow.addWidget(part)
        column(flow, (self.list, 1), self.words, of=self, margins=(10, 6, 10, 6), spacing=4)
        self.list.rename_wanted.connect(lambda: self._edit(_NAME))
        self.list.delete_wanted.connect(self._delete)
        self._later = later(self, self._refresh_if_seen)
        self._stale = True
        window.qdocument.changed.connect(self._on_document)
        window.session.state_changed.connect(lambda _state: self._soon())
        window.session.ended.connect(lambda _event: self._soon())
        window.session.recalled.connect(lambda _past: self._soon())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._soon()

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if change.opened:
            self.ensembling.forget()
        if change.opened and self._overlaid:
            self._overlaid.clear()
            self._overlay()
        if change.opened or change.before is change.after:
            self._soon()

    def _soon(self) -> None:
        self._stale = True
        self._later.start()

    def _refresh_if_seen(self) -> None:
        if self.isVisible() and self._stale and self.list.state() != QAbstractItemView.State.EditingState:
            self.refresh()

    def refresh(self) -> None:
        """Show the runs of the drawing as they are now."""
        self._stale = False
        desk = self._window.runs
        chosen = {run.past.folder for run in self.chosen()}
        pasts = []
        for past in runs.latest(None):
            project = runs.drawing_of(past.folder)
            if project is not None and desk.belongs(past, project):
                pasts.append(runs.past(past.folder) or past)
        self.list.show_rows((_Row(run, run.past.folder in self._overlaid) for run in named(pasts)), chosen)
        gone = [folder for folder in self._overlaid if not any(past.folder == folder for past in pasts)]
        if gone:
            for folder in gone:
                del self._overlaid[folder]
            self._overlay()
        self._filter()

    def rows(self) -> list[RunRow]:
        """The rows in the order in which they stand, those that are filtered out included."""
        return self.list.rows()

    def chosen(self) -> list[NamedRun]:
        """The runs that are selected."""
        return self.list.chosen()

    def _filter(self) -> None:
        self.list.filter(self.search.text())
        self._show_buttons()

    @Slot()
    def _show_buttons(self, words: str = "") -> None:
        chosen, one = self.chosen(), self.list.only
        for each in (self.open_button, self.rename_button, self.note_button):
            each.setEnabled(one is not None)
        self.branch_button.setEnabled(one is not None and bool(kept_epochs(one.past.folder)))
        self.export_button.setEnabled(bool(chosen))
        self.ensemble_button.setEnabled(len(chosen) > 1)
        self.delete_button.setEnabled(bool(chosen))
        if not words:
            words = self.list.in_words("This drawing was not trained yet. Each training becomes a row here.")
            if seen := self.list.seen():
                words += ". Tick runs to lay their curves over the present ones."
                words = " ".join((words, *self._apart(), *self._damaged(seen)))
        self.words.setText(words)

    # What can be done with them

    def _open(self) -> None:
        if (one := self.list.only) is not None:
            self._window.files.open_run(one.past.folder)

    def _branch(self) -> None:
        if (one := self.list.only) is not None:
            self._window.branches.offer(one.past.folder)

    def _edit(self, column: int) -> None:
        items = [item for item in self.list.selectedItems() if isinstance(item, _Row)]
        if len(items) == 1:
            self.list.setFocus()
            self.list.scrollToItem(items[0])
            self.list.setCurrentItem(items[0], column)
            self.list.editItem(items[0], column)

    @Slot(object, int)
    def _changed(self, item: QTreeWidgetItem, column: int) -> None:
        if not isinstance(item, _Row):
            return
        folder = item.run.past.folder
        if column == _NAME and (item.checkState(_NAME) == _CHECKED) != (folder in self._overlaid):
            self._tick(item)
        text = " ".join(item.text(column).split())
        about = item.run.past.about
        if column == _NAME and text != item.name:
            change_about(folder, name=text[:MOST_NAME] if text != usual_name(folder) else "")
            self._soon()
        elif column == _NOTE and text != " ".join(about.note.split()):
            change_about(folder, note=text)
            self._soon()

    def _tick(self, item: _Row) -> None:
        folder = item.run.past.folder
        if item.checkState(_NAME) == _CHECKED and len(self._overlaid) >= MOST_OVERLAID:
            with QSignalBlocker(self.list):
                item.setCheckState(_NAME, _UNCHECKED)
            self._show_buttons(f"More than {MOST_OVERLAID} curves cannot be told apart. Untick another run first.")
            return
        if item.checkState(_NAME) == _CHECKED:
            self._overlaid[folder] = item.run
        else:
            self._overlaid.pop(folder, None)
        self._overlay()

    def _apart(self) -> list[str]:
        """Sentences on ticked runs that cannot be compared one to one: with the run that is open, else among each
        other."""
        ticked = [(run.past.folder, self._called(run.past)) for run in self._overlaid.values()]
        now = self._window.training.story.folder
        if now is not None and ticked:
            ticked = [(now, "the present run"), *(each for each in ticked if each[0] != now)]
        found = [(name, project) for folder, name in ticked if (project := runs.drawing_of(folder)) is not None]
        return sentences(found) if len(found) > 1 else []

    @staticmethod
    def _damaged(seen: Sequence[RunRow]) -> list[str]:
        """Sentences on runs whose numbers cannot all be read."""
        said = [words for row in seen if (words := damage_words(row.run.past))]
        more = len(said) - _MOST_DAMAGED
        return said[:_MOST_DAMAGED] + ([f"So it is with {plural(more, 'other run')}."] if more > 0 else [])

    @staticmethod
    def _called(past: KeptRun) -> str:
        return past.about.name or usual_name(past.folder)

    def _overlay(self) -> None:
        self._window.training.overlay(
            [
                (
                    self._called(run.past),
                    RunCurves.recalled(run.past.epochs, run.past.epoch),
                )
                for run in self._overlaid.values()
            ]
        )
        self._show_buttons()

    def _delete(self) -> None:
        self.bin.ask(self.chosen())

    def _thrown(self) -> None:
        """The keys go on in the list: the button that was pressed may have nothing left to do."""
        self.refresh()
        self.list.setFocus()

    def _export(self) -> None:
        chosen = self.chosen()
        if chosen:
            name = chosen[0].past.about.name or folder_called(chosen[0].past.folder) if len(chosen) == 1 else "runs"
            self._ask_for_export(f"{name.replace('/', '-')}.csv", chosen)

    def _ask_for_export(self, name: str, chosen: Sequence[NamedRun]) -> None:
        write = self._write_of(chosen)
        choose_file(self, "Export runs", Path.home() / name, _FILES, write, saving=True, ending="csv")

    def _write_of(self, chosen: Sequence[NamedRun]) -> Callable[[Path], None]:
        def write(path: Path) -> None:
            try:
                export(path, chosen)
            except ValueError as reason:
                tell(self, "Not exported", str(reason))
            except OSError as error:
                what = "The run" if len(chosen) == 1 else "The runs"
                not_saved(self, what, path, error, lambda: self._ask_for_export(path.name, chosen))
            else:
                self._show_buttons(f"{plural(len(chosen), 'run')} exported to {path}.")

        return write


def export(path: Path, chosen: Sequence[NamedRun]) -> None:
    """Write runs to a file of the kind that its ending says.

    Raises:
        OSError: if that fails.
        ValueError: with a sentence, for another ending.
    """
    pasts = [run.past for run in chosen]
    kind = path.suffix.lower()
    if kind == ".csv":
        write_atomic(path, run_files.numbers(pasts).encode())
    elif kind == ".zip":
        buffer = io.BytesIO()
        run_files.pack(pasts, buffer)
        write_atomic(path, buffer.getvalue())
    else:
        raise ValueError(f"{path.name} has no ending that is known. Use .csv for numbers, .zip for all files.")


class _List(RunTree):
    """The rows. Its keys come before those of the window, in which F2 renames a layer."""

    rename_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("Runs of this drawing", COLUMNS, _WIDE)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMinimumHeight(60)
        self._delegate = _Editing()
        self.setItemDelegate(self._delegate)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _KEYS and not event.modifiers():
            (self.rename_wanted if event.key() == Qt.Key.Key_F2 else self.delete_wanted).emit()
        else:
            super().keyPressEvent(event)


class _Editing(QStyledItemDelegate):
    """Lets names and notes be written, and nothing else."""

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        made = super().createEditor(parent, option, index)
        if isinstance(made, QLineEdit):
            made.setMaxLength(MOST_NAME if index.column() == _NAME else 2000)
            made.setAccessibleName(COLUMNS[index.column()])
        return made


class _Row(RunRow):
    """One run, with a tick, a name and a note."""

    def __init__(self, run: NamedRun, ticked: bool) -> None:
        past = run.past
        project = runs.drawing_of(past.folder)
        seconds, weights = seconds_of(past), weights_of(project) if project is not None else None
        self.name = past.about.name or usual_name(past.folder)
        note = " ".join(past.about.note.split())
        now = " · training now" if past.about.training else ""
        texts = (
            self.name,
            run.result or "–",
            " · ".join(filter(None, (branch_words(past, usual_name), run.changes))),
            run.when,
            duration(seconds, about=False) if seconds is not None else "–",
            run.epochs + now,
            f"{weights:,}" if weights is not None else "?",
            run.settings,
            note,
        )
        keys = (
            self.name.casefold(),
            run.worth,
            run.changes,
            past.when.timestamp(),
            seconds if seconds is not None else -1.0,
            past.epoch,
            weights if weights is not None else -1,
            run.settings,
            note.casefold(),
        )
        super().__init__(run, texts, keys, f"{run.found_by} {' '.join(texts)}".casefold())
        self.setFlags(self.flags() | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsUserCheckable)
        self.setCheckState(_NAME, _CHECKED if ticked else _UNCHECKED)
        kept = [f"{each.epoch:,}" for each in kept_epochs(past.folder)]
        told = f"\nkept epochs: {listed(kept)}" if kept else ""
        self.setToolTip(_NAME, f"{self.name}\n{runs.shown(past.folder)}{told}")
