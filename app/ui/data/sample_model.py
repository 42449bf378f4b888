"""The samples of a source as a table of Qt: which of them stand where, and what of them has been read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.insight.view import PART_WORDS
from nodes.api.corrections import spelt_out

if TYPE_CHECKING:
    import numpy as np

    from app.insight.browsing import BrowsedSample, Browser
    from nodes.api.corrections import Correction

MOST_HELD = 3_000  # samples that are held in their small form
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


def part_words(part: str) -> str:
    """What a part is called in a sentence."""
    return PART_WORDS[part]


class SampleModel(QAbstractTableModel):
    """Rows are samples and columns their numbers; or, for what is looked at, each cell is a sample.

    It never reads: a cell of a sample that has not come yet is empty. ``take`` brings what was read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.browser: Browser | None = None
        self._numbers: np.ndarray | None = None  # None: all of them
        self._count = 0
        self._across = 1
        self._held: OrderedDict[int, BrowsedSample] = OrderedDict()
        self.corrections: dict[str, tuple[str, str | None]] = {}

    # What stands where

    @property
    def in_rows(self) -> bool:
        """Whether each sample is a row of cells."""
        return self.browser is not None and self.browser.kind in ("rows", "texts")

    @property
    def count(self) -> int:
        """How many samples are shown."""
        return self._count

    def forget(self) -> None:
        """Other data: what was read goes."""
        self._held.clear()

    def show_source(self, browser: Browser | None, numbers: np.ndarray | None) -> None:
        """Show these samples, of the same data as before unless ``forget`` was called."""
        self.beginResetModel()
        self.browser, self._numbers = browser, numbers
        self._count = 0 if browser is None else browser.length if numbers is None else len(numbers)
        self.endResetModel()

    def set_across(self, across: int) -> None:
        """So many samples stand beside each other."""
        if across != self._across:
            self.beginResetModel()
            self._across = across
            self.endResetModel()

    def number_at(self, index: _Index) -> int | None:
        """The number of the sample that a cell belongs to; None for an empty cell."""
        return self.number(self.place_of(index)) if index.isValid() else None

    def number(self, place: int) -> int | None:
        """The number of the sample at this place among those that are shown."""
        if not 0 <= place < self._count:
            return None
        return place if self._numbers is None else int(self._numbers[place])

    def place_of(self, index: _Index) -> int:
        """Which of the shown samples a cell belongs to, from 0 on."""
        return index.row() if self.in_rows else index.row() * self._across + index.column()

    def index_of(self, place: int) -> QModelIndex:
        """The cell of a sample; its first one where it has several."""
        if not 0 <= place < self._count:
            return QModelIndex()
        return self.index(place, 0) if self.in_rows else self.index(place // self._across, place % self._across)

    def place_of_number(self, number: int) -> int:
        """Where a sample stands; -1 where it is not shown."""
        if self._numbers is None:
            return number if number < self._count else -1
        import numpy as np

        at = int(np.searchsorted(self._numbers, number))
        return at if at < self._count and self._numbers[at] == number else -1

    # What was read

    def missing(self, places: Iterable[int]) -> list[int]:
        """The numbers of those of these places that have not been read."""
        numbers = (self.number(place) for place in places)
        return [number for number in numbers if number is not None and number not in self._held]

    def take(self, glimpses: Sequence[BrowsedSample]) -> None:
        """Hold what was read; what has not been looked at for long goes."""
        for each in glimpses:
            self._held[each.number] = each
            self._held.move_to_end(each.number)
        while len(self._held) > MOST_HELD:
            self._held.popitem(last=False)
        rows, columns = self.rowCount(), self.columnCount()
        if rows and columns:
            self.dataChanged.emit(self.index(0, 0), self.index(rows - 1, columns - 1))

    def glimpse(self, number: int) -> BrowsedSample | None:
        """What was read of a sample."""
        return self._held.get(number)

    def show_corrections(self, corrections: Sequence[Correction]) -> None:
        """What the drawing corrects: known at once, while the numbers follow."""
        self.corrections = {name: (was, now) for name, was, now in spelt_out(corrections)}
        if self.rowCount() and self.columnCount():
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def word_of(self, glimpse: BrowsedSample) -> str:
        """The class of a sample as it is corrected; empty without one."""
        corrected = self.corrections.get(glimpse.name)
        if corrected is not None and corrected[1] is not None:
            return corrected[1]
        return self.own_word(glimpse)

    def own_word(self, glimpse: BrowsedSample) -> str:
        """The class that the data says."""
        words = self.browser.words if self.browser is not None else ()
        return words[glimpse.place] if 0 <= glimpse.place < len(words) else ""

    def left_out(self, glimpse: BrowsedSample) -> bool:
        """Whether the student has left it out."""
        return glimpse.name in self.corrections and self.corrections[glimpse.name][1] is None

    def what(self, glimpse: BrowsedSample) -> str:
        """A sample in a line: its name, class and part, and what is odd about it."""
        said = [glimpse.name]
        if self.browser is not None and self.browser.sentence and glimpse.text:
            said = [glimpse.name.partition(": ")[0], glimpse.text]  # a name holds the begin of the sentence at most
        word, own = self.word_of(glimpse), self.own_word(glimpse)
        if word:
            said.append(f"class {word}" + (f" (the data says {own})" if word != own else ""))
        if self.left_out(glimpse):
            said.append("left out by you")
        elif self.browser is not None and self.browser.divided:
            said.append(part_words(self.browser.part_of(glimpse.number)))
        if glimpse.trouble:
            said.append(glimpse.trouble)
        return " · ".join(said)

    # As Qt asks

    def rowCount(self, parent: _Index = _ROOT) -> int:
        if parent.isValid():
            return 0
        return self._count if self.in_rows else -(-self._count // self._across)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        if parent.isValid() or self.browser is None:
            return 0
        return len(self._heads()) if self.in_rows else self._across

    def _heads(self) -> tuple[str, ...]:
        browser = self.browser
        if browser is None:
            return ()
        heads = ("text",) if browser.kind == "texts" else browser.columns
        label = (browser.label,) if browser.label is not None else ()
        return (*label, *(("part",) if browser.divided else ()), *heads)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole) or not self.in_rows:
            return None
        if orientation == Qt.Orientation.Horizontal:
            heads = self._heads()
            return heads[section] if section < len(heads) else None
        number = self.number(section)
        return f"{number + 1:,}" if number is not None else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if self.number_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        roles = Qt.ItemDataRole
        number = self.number_at(index)
        if number is None or role not in (roles.DisplayRole, roles.ToolTipRole, roles.AccessibleTextRole):
            return None
        glimpse = self._held.get(number)
        if glimpse is None:
            return None if role == roles.DisplayRole else "This sample is still being read."
        if role != roles.DisplayRole:
            return self.what(glimpse)
        return self._cell(glimpse, index.column()) if self.in_rows else self.word_of(glimpse)

    def _cell(self, glimpse: BrowsedSample, column: int) -> str:
        browser = self.browser
        assert browser is not None
        front: list[str] = []
        if browser.label is not None:
            own, word = self.own_word(glimpse), self.word_of(glimpse)
            front.append(word if word == own else f"{own} → {word}")
        if browser.divided:
            front.append("left out" if self.left_out(glimpse) else part_words(browser.part_of(glimpse.number)))
        if column < len(front):
            return front[column]
        if glimpse.trouble:
            return glimpse.trouble if column == len(front) else ""
        cells = (glimpse.text,) if browser.kind == "texts" else glimpse.cells
        at = column - len(front)
        return cells[at] if at < len(cells) else ""


def corrected_samples(
    model: SampleModel, glimpses: Sequence[BrowsedSample], word: str | None
) -> Mapping[str, tuple[str, str | None]]:
    """What the command that corrects takes: the class that the data says by name, and what it is to be instead."""
    return {each.name: (model.own_word(each), word) for each in glimpses}
