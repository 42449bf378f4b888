"""The table of a sweep: a row for each variant, sorted by any column."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)

from app.core.variants.axes import written
from app.training.sweeping.results import DIVERGED, DONE, FAILED, VariantResult
from app.ui import scale, theme
from app.ui.sweep.pictures import result_words
from app.ui.training.run_curves import duration

_HAPPENED, _CHANGED = "What happened", "What changed"
_FIXED = ("Result", "Loss", "Epoch", "Took", "State", _HAPPENED, _CHANGED)
_WORDS = {_HAPPENED: (24, 3), _CHANGED: (14, 2)}  # the least letters of a line, and the share of the room
# Of what differs between two drawings, which may be all: the tooltip says the rest.
_LINES = {_HAPPENED: 12, _CHANGED: 2}
_AS_DRAWN = "as drawn"
_LEAST = 104  # pixels at 100 %: the head and three rows
_ENOUGH = 196  # where the panel scrolls anyway: the head and six rows


class RowsTable(QTreeWidget):
    """``chosen`` tells the variant that is selected, ``opened`` one that was double-clicked or taken with Enter."""

    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setRootIsDecorated(False)
        self.setWordWrap(True)  # sentences are read whole
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)  # a row may be higher than the table
        self._delegate = _Sentences(self)
        self.setItemDelegate(self._delegate)
        self._by_hand = self._fitting = False
        self._seen = 0
        self.header().sectionResized.connect(self._resized)
        self.header().setStretchLastSection(False)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSortingEnabled(True)
        self.setAccessibleName("Variants")
        self._names: tuple[str, ...] | None = None
        self._items: dict[int, _Item] = {}
        self._shown: dict[int, tuple[VariantResult, str, str, bool, QColor | None]] = {}
        self.itemSelectionChanged.connect(self._selected)
        self.itemActivated.connect(lambda item, _column: self.opened.emit(item.number))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale.px(140), max(scale.px(_LEAST), min(scale.px(_ENOUGH), self._seen)))

    def fill(self, seen: int) -> None:
        """Take as many pixels as are ``seen`` of a panel that scrolls, if these are not more than enough; 0 for no
        more than needed."""
        if seen != self._seen:
            self._seen = seen
            self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Numbers take what they need, sentences the rest, in as many lines as it takes; until somebody draws a column
        wider or narrower by hand."""
        if self._by_hand or self._names is None:
            return
        titles = [self.headerItem().text(place) for place in range(self.columnCount())]
        # Qt's own sizes leave room for the arrow in every head.
        words, sorted_by = self.header().fontMetrics(), self.header().sortIndicatorSection()
        rooms = [scale.px(40 if place == sorted_by else 22) for place in range(len(titles))]
        heads = [words.horizontalAdvance(title) + room for title, room in zip(titles, rooms, strict=True)]
        needed = {
            place: max(heads[place], self.sizeHintForColumn(place))
            for place, title in enumerate(titles)
            if title not in _WORDS and not self.isColumnHidden(place)
        }
        letter, room = self.fontMetrics().averageCharWidth(), self.viewport().width() - sum(needed.values())
        told = [place for place, title in enumerate(titles) if title in _WORDS and not self.isColumnHidden(place)]
        shares = sum(_WORDS[titles[place]][1] for place in told)
        self._fitting = True
        for place in (*needed, *told):
            least, share = _WORDS.get(titles[place], (0, 0))
            width = needed[place] if place in needed else max(letter * least, room * share // shares)
            if width != self.columnWidth(place):
                self.setColumnWidth(place, width)
        self._fitting = False

    def _resized(self) -> None:
        self._by_hand = self._by_hand or not self._fitting
        self.scheduleDelayedItemsLayout()  # other lines, other heights

    def show_rows(
        self,
        rows: Sequence[VariantResult],
        changes: Mapping[int, str],
        inks: Mapping[int, QColor],
        happened: Mapping[int, str],
        best: VariantResult | None = None,
    ) -> None:
        """Show these. ``changes`` say what differs from the drawing, ``inks`` are colours that the curves have."""
        names = tuple(dict.fromkeys(name for row in rows for name in row.values))
        if names != self._names or not set(self._items) <= {row.number for row in rows}:
            self._begin(names)
        first = best.number if best is not None else None
        self.setSortingEnabled(False)  # not after each cell
        try:
            for row in rows:
                change, told = changes.get(row.number, ""), happened.get(row.number, "")
                if change == _AS_DRAWN and self._told_by_values:
                    told = "; ".join(filter(None, (told, _AS_DRAWN)))
                words = change, told
                now = (row, *words, row.number == first, inks.get(row.number))
                if self._shown.get(row.number) == now:
                    continue
                self._shown[row.number] = now
                item = self._items.get(row.number)
                if item is None:
                    item = self._items[row.number] = _Item(row.number)
                    with QSignalBlocker(self):
                        self.addTopLevelItem(item)
                item.show_row(now, names)
        finally:
            self.setSortingEnabled(True)
        self._fit()

    def select(self, number: int | None) -> None:
        """Select a variant, and tell nobody."""
        item = self._items.get(number) if number is not None else None
        if item is not None and not item.isSelected():
            with QSignalBlocker(self):
                self.setCurrentItem(item)
            self.scrollToItem(item)

    @property
    def selected(self) -> int | None:
        """The variant that is selected."""
        return next((item.number for item in self.selectedItems() if isinstance(item, _Item)), None)

    @property
    def _told_by_values(self) -> bool:
        """Whether variants differ in the values of settings alone, and not as drawings of a race do."""
        return bool(self._names) and "drawing" not in (self._names or ())

    def explain_results(self, sentence: str) -> None:
        """Say over the head of the results by what they are ranked."""
        place = len(self._names or ("",))
        if self._names is not None and self.headerItem().toolTip(place) != sentence:
            self.headerItem().setToolTip(place, sentence)

    def _begin(self, names: tuple[str, ...]) -> None:
        with QSignalBlocker(self):
            self.clear()
        self._items.clear()
        self._shown.clear()
        self._names = names
        titles = [*(names or ("Variant",)), *_FIXED]
        self.setColumnCount(len(titles))
        self.setHeaderLabels(titles)
        # The columns of the settings say it already, and each line less is room for another row.
        for place, title in enumerate(titles):
            self.setColumnHidden(place, title == _CHANGED and self._told_by_values)
        self._by_hand = False
        self.sortByColumn(len(titles) - len(_FIXED), Qt.SortOrder.DescendingOrder)

    def _selected(self) -> None:
        number = self.selected
        if number is not None:
            self.chosen.emit(number)


class _Sentences(QStyledItemDelegate):
    """Makes rows as high as their sentences, which views themselves reckon with one line."""

    def __init__(self, table: QTreeWidget) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        usual = super().sizeHint(option, index)
        most = _LINES.get(self._table.headerItem().text(index.column()))
        if most is None:
            return usual
        line, margin = self._table.fontMetrics().height(), 2 * (self._table.style().pixelMetric(_MARGIN) + 1)
        room = QRect(0, 0, max(1, self._table.columnWidth(index.column()) - margin), 1 << 16)
        words = self._table.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, str(index.data() or ""))
        return QSize(0, max(usual.height(), usual.height() + min(words.height(), most * line) - line))


_MARGIN = QStyle.PixelMetric.PM_FocusFrameHMargin


class _Item(QTreeWidgetItem):
    """One variant. Each column sorts by its value, not by its words; what has none stands last."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self._values: list[Any] = []

    def show_row(self, now: tuple[VariantResult, str, str, bool, QColor | None], names: Sequence[str]) -> None:
        """Show a row: what changed and what happened in words, whether it is the best, and the colour of its curve."""
        row, change, happened, best, ink = now
        values = [row.values.get(name) for name in names] or [row.name]
        texts = [written(value) if value is not None else "" for value in values]
        texts[0] = texts[0] or ("" if any(texts) else row.name)  # the drawing itself, of a race of drawings
        loss = row.metrics.get("val_loss", row.metrics.get("train_loss", row.loss))
        values += [row.result, loss, row.epoch, row.seconds, row.state, happened, change]
        texts += [
            f"{'★ ' if best else ''}{result_words(row) if row.result is not None else '–'}",
            f"{loss:.3g}" if loss is not None and math.isfinite(loss) else "–",
            f"{row.epoch}/{row.epochs}" if row.epochs else "–",
            duration(row.seconds, about=False) if row.seconds else "–",
            row.state,
            happened,
            change,
        ]
        self._values = values
        for column, text in enumerate(texts):
            self.setText(column, text)
            if column >= len(texts) - len(_FIXED) and column < len(texts) - 3:
                self.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setToolTip(0, "\n".join(filter(None, (row.name, change, row.sentence, row.folder))))
        self.setToolTip(len(texts) - 2, happened)
        self.setToolTip(len(texts) - 1, change)
        self.setForeground(0, QBrush(ink) if ink is not None else QBrush())
        state = len(texts) - 3
        role = {DIVERGED: "error", FAILED: "error", DONE: "ok"}.get(row.state, "text.soft")
        self.setForeground(state, QBrush(theme.color(role)))

    def _value(self, column: int) -> Any:
        return self._values[column] if column < len(self._values) else None

    def __lt__(self, other: QTreeWidgetItem) -> bool:
        tree = self.treeWidget()
        column = tree.sortColumn() if tree is not None else 0
        mine: Any = self._value(column)
        theirs: Any = other._value(column) if isinstance(other, _Item) else None
        down = tree is not None and tree.header().sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        if _absent(mine) or _absent(theirs):
            return _absent(mine) and not _absent(theirs) if down else _absent(theirs) and not _absent(mine)
        if mine == theirs and isinstance(other, _Item):  # of equal ones the earlier is the best, and stands above
            return self.number > other.number if down else self.number < other.number
        try:
            return bool(mine < theirs)
        except TypeError:
            return str(mine) < str(theirs)


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))
