"""Runs as the rows of a tree that can be searched, sorted and chosen from: in the panel Runs and in the list of all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem

from app.ui import scale
from app.ui.canvas.node_words import plural
from app.ui.training.run_names import NamedRun

_WIDEST = 280  # of what is read whole where there is room
_WHOLE = ("Run", "Result", "Since the run before", "Epochs", "Settings")


class RunRow(QTreeWidgetItem):
    """One run. ``keys`` are what its words mean, by which it is sorted; ``found_by`` is what it is found by, in small
    letters."""

    def __init__(self, run: NamedRun, texts: Sequence[str], keys: Sequence[Any], found_by: str) -> None:
        super().__init__(list(texts))
        self.run, self.found_by = run, found_by
        self._keys = keys
        for place, text in enumerate(texts):
            self.setToolTip(place, text)

    def __lt__(self, other: object) -> bool:
        tree = self.treeWidget()
        column = tree.sortColumn() if tree is not None else 0
        return isinstance(other, RunRow) and bool(self._keys[column] < other._keys[column])


class RunTree(QTreeWidget):
    """The rows, the newest first until somebody sorts them by something else.

    ``heads`` name the columns, among them When and Result; ``wide`` is how wide they are at least, in pixels at 100 %.
    """

    def __init__(self, name: str, heads: Sequence[str], wide: Sequence[int]) -> None:
        super().__init__()
        self._whole = [place for place, head in enumerate(heads) if head in _WHOLE]
        self.setColumnCount(len(heads))
        self.setHeaderLabels(heads)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSortingEnabled(True)
        self.sortByColumn(heads.index("When"), Qt.SortOrder.DescendingOrder)
        self.setAccessibleName(name)
        self.header().setTextElideMode(Qt.TextElideMode.ElideRight)
        self._fitted = {
            column: max(scale.px(least), self.header().sectionSizeHint(column)) for column, least in enumerate(wide)
        }
        self._least = dict(self._fitted)
        for column, width in self._fitted.items():
            self.setColumnWidth(column, width)

    def show_rows(self, rows: Iterable[RunRow], chosen: Collection[Path]) -> None:
        """Show these; those in the folders ``chosen`` are selected, or, where all of them are gone, the next one below.
        Tells nobody."""
        before = [row.run.past.folder for row in self.seen()]
        first = next((place for place, folder in enumerate(before) if folder in chosen), 0)
        with QSignalBlocker(self):
            self.clear()
            for row in rows:
                self.addTopLevelItem(row)
            shown = {row.run.past.folder: row for row in self.rows()}
            kept = [shown[folder] for folder in chosen if folder in shown]
            if chosen and not kept:
                near = (*before[first:], *reversed(before[:first]))
                kept = [shown[folder] for folder in near if folder in shown][:1]
            for row in kept:
                if not self.currentItem():
                    self.setCurrentItem(row)  # where the arrow keys go on
                row.setSelected(True)
        # Of all that stands there, this is what is looked for.
        for column in self._whole:
            needed = min(self.sizeHintForColumn(column), scale.px(_WIDEST))
            if self.columnWidth(column) == self._fitted[column]:  # else somebody has drawn it wider or narrower
                self._fitted[column] = max(self._least[column], needed)
                self.setColumnWidth(column, self._fitted[column])

    def rows(self) -> list[RunRow]:
        """All in the order in which they stand, those that are filtered out included."""
        items = (self.topLevelItem(index) for index in range(self.topLevelItemCount()))
        return [item for item in items if isinstance(item, RunRow)]

    def seen(self) -> list[RunRow]:
        """Those that are not filtered out."""
        return [row for row in self.rows() if not row.isHidden()]

    def chosen(self) -> list[NamedRun]:
        """The runs that are selected."""
        return [item.run for item in self.selectedItems() if isinstance(item, RunRow)]

    @property
    def only(self) -> NamedRun | None:
        """The run that is selected, if it is one alone."""
        chosen = self.chosen()
        return chosen[0] if len(chosen) == 1 else None

    def in_words(self, none: str) -> str:
        """How many are shown and selected; ``none`` where there is none at all."""
        seen, chosen = self.seen(), len(self.chosen())
        if not seen:
            return "No run has these words." if self.topLevelItemCount() else none
        return plural(len(seen), "run") + (f", {chosen} selected" if chosen > 1 else "")

    def filter(self, text: str) -> None:
        """Show only runs in which all these words occur; the first is selected where none was."""
        words = text.casefold().split()
        for row in self.rows():
            row.setHidden(not all(word in row.found_by for word in words))
            if row.isHidden():
                row.setSelected(False)
        seen = self.seen()
        if seen and not self.selectedItems():
            self.setCurrentItem(seen[0])
