"""A small table of numbers: typed, painted with the mouse, copied from and pasted into a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.ui import scale, theme, typed_numbers
from nodes.api.given import spelled

CELL = 44
MOST_ROWS = 6  # that are seen without scrolling


class NumberTable(QTableWidget):
    """``changed`` has all numbers, row by row, once a cell was typed, cells were painted, or something was pasted;
    ``told`` a sentence on what was not taken, empty if all was."""

    changed = Signal(list)
    told = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.brush: float | None = None  # what is painted; None: the mouse selects
        self._numbers: list[float] = []
        self._painting = False
        self._showing = False
        self.setAccessibleName("Numbers")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setMinimumSectionSize(scale.px(18))
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setTabKeyNavigation(False)
        self.itemChanged.connect(self._typed)
        self.viewport().installEventFilter(self)
        theme.notifier.changed.connect(self._colour)

    @property
    def numbers(self) -> list[float]:
        """All numbers, row by row."""
        return list(self._numbers)

    def show_numbers(self, numbers: Sequence[float], rows: int, columns: int) -> None:
        """Show these; a cell that is being typed into stays as it is."""
        same = (rows, columns) == (self.rowCount(), self.columnCount())
        if same and list(numbers) == self._numbers:
            return
        self._showing = True
        try:
            if not same:
                self.setRowCount(rows)
                self.setColumnCount(columns)
                self.setHorizontalHeaderLabels([str(place) for place in range(columns)])
                self.setVerticalHeaderLabels([str(place) for place in range(rows)])
            self._numbers = list(numbers)
            for place, value in enumerate(numbers):
                item = self.item(*divmod(place, columns))
                if item is None:
                    item = QTableWidgetItem()
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    self.setItem(*divmod(place, columns), item)
                item.setText(f"{value:.4g}")
                item.setToolTip(f"row {place // columns}, column {place % columns}: {spelled(value)}")
            self._fit()
        finally:
            self._showing = False
        self._colour()

    def _fit(self) -> None:
        high = self.verticalHeader().defaultSectionSize()
        for column in range(self.columnCount()):
            self.setColumnWidth(column, scale.letters_px(CELL))
        shown = min(self.rowCount(), MOST_ROWS)
        bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + shown * high + bar + 4)

    def _colour(self) -> None:
        """Red for positive numbers, blue for negative ones, the stronger the larger."""
        reach = max((abs(value) for value in self._numbers), default=0.0)
        columns = max(1, self.columnCount())
        before, self._showing = self._showing, True
        for place, value in enumerate(self._numbers):
            item = self.item(*divmod(place, columns))
            if item is None:
                continue
            ground = QColor("#d6604d" if value > 0 else "#4393c3")
            ground.setAlphaF(0.75 * abs(value) / reach if reach else 0.0)
            item.setBackground(ground)
        self._showing = before

    # Typing

    def _typed(self, item: QTableWidgetItem) -> None:
        if self._showing:
            return
        place = item.row() * self.columnCount() + item.column()
        value = typed_numbers.fraction(item.text())
        if value is None:
            self.told.emit(f"{item.text()[:30]!r} is no number. Write one such as 0.5.")
            self._show_again(place)
            return
        self._put({place: value})

    def _show_again(self, place: int) -> None:
        before, self._showing = self._showing, True
        item = self.item(*divmod(place, self.columnCount()))
        if item is not None:
            item.setText(f"{self._numbers[place]:.4g}")
        self._showing = before

    def _put(self, found: dict[int, float], tell: bool = True) -> None:
        made = list(self._numbers)
        for place, value in found.items():
            made[place] = value
        self.show_numbers(made, self.rowCount(), self.columnCount())
        for place in found:
            self._show_again(place)
        if tell:
            self.told.emit("")
            self.changed.emit(made)

    # Painting

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.viewport() and self.brush is not None and isinstance(event, QMouseEvent):
            kind = event.type()
            left = bool(event.buttons() & Qt.MouseButton.LeftButton)
            if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove) and left:
                item = self.itemAt(event.position().toPoint())
                if item is not None:
                    self._painting = True
                    self._put({item.row() * self.columnCount() + item.column(): self.brush}, tell=False)
                return True
            if kind == QEvent.Type.MouseButtonRelease and self._painting:
                self._painting = False
                self.told.emit("")
                self.changed.emit(list(self._numbers))  # one stroke is one step
                return True
            return kind == QEvent.Type.MouseButtonDblClick
        return super().eventFilter(watched, event)

    # Copy and paste

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            chosen = [index.row() * self.columnCount() + index.column() for index in self.selectedIndexes()]
            if chosen:
                self._put(dict.fromkeys(chosen, 0.0))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Copy and paste in the table are about its numbers, not about layers of the drawing."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = QKeySequence.StandardKey
            if event.matches(keys.Copy) or event.matches(keys.Paste) or event.key() == Qt.Key.Key_Delete:
                event.accept()
                return True
        return super().event(event)

    def copy(self) -> None:
        """The selected numbers, or all, as a spreadsheet takes them."""
        chosen = self.selectedIndexes()
        rows = sorted({index.row() for index in chosen}) or range(self.rowCount())
        columns = sorted({index.column() for index in chosen}) or range(self.columnCount())
        lines = [
            "\t".join(spelled(self._numbers[row * self.columnCount() + column]) for column in columns) for row in rows
        ]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def paste(self) -> None:
        """Numbers in rows, from the selected cell on; what does not fit is left out, and that is said."""
        text = QGuiApplication.clipboard().text()
        try:
            rows = rows_of(text)
        except ValueError as bad:
            self.told.emit(str(bad))
            return
        chosen = self.selectedIndexes()
        top = min((index.row() for index in chosen), default=0)
        left = min((index.column() for index in chosen), default=0)
        found, lost = {}, 0
        for down, row in enumerate(rows):
            for across, value in enumerate(row):
                if top + down < self.rowCount() and left + across < self.columnCount():
                    found[(top + down) * self.columnCount() + left + across] = value
                else:
                    lost += 1
        self._put(found)
        if lost:
            size = f"{len(rows)} × {max(map(len, rows))}"
            self.told.emit(
                f"{size} numbers were pasted into {self.rowCount()} × {self.columnCount()} cells from row {top}, "
                f"column {left} on: {lost} did not fit and were left out."
            )


def rows_of(text: str) -> list[list[float]]:
    """Numbers in lines, with tabs, semicolons, blanks or commas between them.

    Raises:
        ValueError: with a sentence, if there is none, or something else among them.
    """
    rows = []
    for line in text.strip("\n").splitlines():
        mark = "\t" if "\t" in line else ";" if ";" in line else None
        words = line.split(mark) if mark else re.split(r"[,\s]+", line.strip())
        row = []
        for word in words:
            value = typed_numbers.fraction(word.strip()) if word.strip() else 0.0
            if value is None:
                raise ValueError(f"{word.strip()[:30]!r} is no number, so nothing was pasted.")
            row.append(value)
        rows.append(row)
    if not any(word.strip() for word in text.split()):
        raise ValueError("There are no numbers in the clipboard. Copy some cells of a spreadsheet first.")
    return rows
