"""Every run that was kept, in a list that can be searched and sorted: open one, continue it, or throw it away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog

from app.ui import scale
from app.ui.labels import TintedLabel, button, search_field
from app.ui.layouts import column, row
from app.ui.training import runs
from app.ui.training.run_names import NamedRun, named
from app.ui.training.run_rows import RunRow, RunTree
from app.ui.training.runs_bin import Bin

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_COLUMNS = ("Drawing", "When", "Result", "Epochs", "Data", "Settings", "Since the run before")
_WIDE = (170, 128, 110, 110, 170, 170, 150)

_CONTINUE = "Show the run and train it further"
_USELESS = "This run ended with weights that are of no use, so its drawing can only be trained anew"


class RunsDialog(QDialog):
    """Stands beside its window, which can be worked in meanwhile."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("All runs")
        tip = "Words that all have to occur in a run"
        self.search = search_field("Search by drawing, data, settings or result", "Search runs", tip, self._filter)
        self.search.returnPressed.connect(self._open)  # the first that is found is selected
        self.list = RunTree("All runs", _COLUMNS, _WIDE)
        self.list.itemActivated.connect(lambda _item, _column: self._open())
        self.list.itemSelectionChanged.connect(self._show_buttons)
        self.words = TintedLabel("", "text.soft", wrap=True)
        self.open_button = button("Open", "Show the run with what it has learned (Enter)", self._open)
        self.continue_button = button("Continue", _CONTINUE, self._continue)
        self.transfer_button = button(
            "Start from", "Begin a run of the open drawing with the weights of this one that fit", self._transfer
        )
        self.delete_button = button(
            "Throw away…", "Put the selected runs into the bin", lambda: self.bin.ask(self.chosen())
        )
        self.bin = Bin(window, self, self._show_buttons, self._thrown)
        self.close_button = button("Close", "Close this list (Escape)", self.close)
        acting = (self.open_button, self.continue_button, self.transfer_button, self.delete_button)
        column(
            self.search,
            (self.list, 1),
            self.words,
            row(*acting, 1, self.close_button),
            of=self,
            margins=(14, 12, 14, 12),
            spacing=8,
        )
        room = window.screen().availableGeometry().size() - QSize(40, 80)
        self.resize(QSize(scale.px(1140), scale.px(480)).boundedTo(room))
        self.refresh()
        self.search.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """From the search the arrow goes down into the list."""
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus():
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)

    def refresh(self) -> None:
        """Show the runs as they are now."""
        chosen = {run.past.folder for run in self.chosen()}
        self.list.show_rows(map(_row, named(runs.latest(None))), chosen)
        self._filter()

    def chosen(self) -> list[NamedRun]:
        """The runs that are selected."""
        return self.list.chosen()

    def _filter(self) -> None:
        self.list.filter(self.search.text())
        self._show_buttons()

    def _show_buttons(self, words: str = "") -> None:
        one = self.list.only
        useless = one is not None and one.past.about.useless
        for each in (self.open_button, self.transfer_button):
            each.setEnabled(one is not None)
        self.continue_button.setEnabled(one is not None and not useless)
        self.continue_button.setToolTip(_USELESS if useless else _CONTINUE)
        self.delete_button.setEnabled(bool(self.chosen()))
        place = f" · {runs.shown(one.past.folder)}" if one is not None else ""
        self.words.setText(words or self.list.in_words("Nothing trained yet.") + place)

    # What can be done with them

    def _open(self) -> None:
        if (one := self.list.only) is not None:
            self._window.files.open_run(one.past.folder)

    def _thrown(self) -> None:
        """The keys go on in the list: the button that was pressed may have nothing left to do."""
        self.refresh()
        self.list.setFocus()

    def _continue(self) -> None:
        if (one := self.list.only) is not None:
            self._window.when_not_training(lambda: self._go_on(one.past.folder))

    def _transfer(self) -> None:
        if (one := self.list.only) is not None:
            self._window.when_not_training(lambda: self._window.transfer.look(one.past.folder))

    def _go_on(self, folder: Path) -> None:
        why_not = self._window.runs.continue_run(folder)
        if why_not:
            self._show_buttons(why_not)


def _row(run: NamedRun) -> RunRow:
    texts = (run.drawing, run.when, run.result or "–", run.epochs, run.data, run.settings, run.changes)
    keys = (run.drawing.casefold(), run.past.when.timestamp(), run.worth, float(run.past.epoch), *texts[4:])
    return RunRow(run, texts, keys, run.found_by)
