"""A table of facts whose cells are words, numbers, bars, histograms or small pictures; a head that is clicked sorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from app.ui import scale, theme

if TYPE_CHECKING:
    import numpy as np

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_PICTURE = 40  # the height of a line with a picture
_WIDEST, _NARROWEST = 320, 44
_READABLE = 110  # of the column that takes the rest; where less is left its words are read by scrolling
_SAMPLED = 200  # lines by which the width of a column is chosen


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One cell: its words, and by what it is sorted, a number or the words. ``bar`` are shares of the width in the
    colours of roles; ``heights`` those of a histogram from 0 to 1; ``picture`` is (h, w) or (h, w, 3) uint8."""

    text: str = ""
    number: float | None = None
    role: str = "text"
    bar: tuple[tuple[str, float], ...] = ()
    heights: tuple[float, ...] = ()
    picture: np.ndarray | None = None

    @property
    def key(self) -> tuple[bool, float, str]:
        """By what it is sorted: what has no number comes last."""
        return self.number is None, self.number if self.number is not None else 0.0, self.text.casefold()


def number_cell(value: float | None, digits: int = 4) -> Cell:
    """A number as people read it; a dash for none."""
    return Cell(f"{value:.{digits}g}" if value is not None else "–", value)


class FactsModel(QAbstractTableModel):
    """Lines of cells under heads."""

    def __init__(self, heads: Sequence[str]) -> None:
        super().__init__()
        self.heads = tuple(heads)
        self.marks: dict[str, str] = {}  # roles of the colours that stand for heads
        self.lines: list[tuple[Cell, ...]] = []
        self._sorted: tuple[int, Qt.SortOrder] | None = None

    def show_lines(self, lines: Sequence[tuple[Cell, ...]], heads: Sequence[str] | None = None) -> None:
        """Show these, sorted as those before."""
        self.beginResetModel()
        if heads is not None and tuple(heads) != self.heads:
            self.heads, self._sorted = tuple(heads), None
        self.lines = list(lines)
        if self._sorted is not None:
            self._order(*self._sorted)
        self.endResetModel()

    def _order(self, column: int, way: Qt.SortOrder) -> None:
        known = [line for line in self.lines if not line[column].key[0]]
        unknown = [line for line in self.lines if line[column].key[0]]
        down = way == Qt.SortOrder.DescendingOrder
        known.sort(key=lambda line: line[column].key, reverse=down)
        unknown.sort(key=lambda line: line[column].key, reverse=down)
        self.lines = known + unknown

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 <= column < len(self.heads):
            self.beginResetModel()
            self._sorted = column, order
            self._order(column, order)
            self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.heads):
            return None
        roles = Qt.ItemDataRole
        if role == roles.DisplayRole:
            return self.heads[section]
        if role == roles.DecorationRole and self.heads[section] in self.marks:
            return _square(self.marks[self.heads[section]])
        if role == roles.TextAlignmentRole:
            numbers = bool(self.lines) and self.lines[0][section].number is not None and not self.lines[0][section].bar
            side = Qt.AlignmentFlag.AlignRight if numbers else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.lines):
            return None
        cell = self.lines[index.row()][index.column()]
        roles = Qt.ItemDataRole
        if role in (roles.DisplayRole, roles.AccessibleTextRole):
            return cell.text
        if role == roles.ToolTipRole:
            return f"{self.heads[index.column()]}: {cell.text}" if cell.text else None
        return None


def _square(role: str) -> QPixmap:
    made = QPixmap(scale.px(10), scale.px(10))
    made.fill(theme.color(role))
    return made


class CellPainter(QStyledItemDelegate):
    """Paints a cell in the colours of the theme."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        assert isinstance(model, FactsModel)
        cell = model.lines[index.row()][index.column()]
        box: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(box, theme.color("selection"))
        inner = box.adjusted(scale.px(5), scale.px(2), -scale.px(5), -scale.px(2))
        if cell.picture is not None:
            from app.ui.data.sample_table import paint_pixels

            paint_pixels(painter, inner, cell.picture, left=True)
        elif cell.bar:
            self._bar(painter, inner, cell)
        elif cell.heights:
            self._histogram(painter, inner, cell.heights, theme.color("selection.text" if chosen else "plot.train"))
        else:
            painter.setPen(theme.color("selection.text" if chosen else cell.role))
            side = Qt.AlignmentFlag.AlignRight if cell.number is not None else Qt.AlignmentFlag.AlignLeft
            words = painter.fontMetrics().elidedText(cell.text, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | side, words)
        painter.restore()

    @staticmethod
    def _bar(painter: QPainter, box: QRect, cell: Cell) -> None:
        left, high = float(box.left()), min(box.height() - 2, scale.px(14))
        for role, share in cell.bar:
            width = share * box.width()
            painter.fillRect(
                QRectF(left, box.center().y() - high / 2 + 1, max(width - 1, 0.5), high), theme.color(role)
            )
            left += width

    @staticmethod
    def _histogram(painter: QPainter, box: QRect, heights: Sequence[float], ink: QColor) -> None:
        width = box.width() / len(heights)
        for at, height in enumerate(heights):
            if height > 0:
                high = max(1.0, height * box.height())
                painter.fillRect(
                    QRectF(box.left() + at * width, box.bottom() + 1 - high, max(1.0, width - 0.5), high), ink
                )


class DataTable(QTableView):
    """``opened`` carries the first cell's words and the line that Enter or a double click was on."""

    opened = Signal(object)

    def __init__(self, name: str, heads: Sequence[str], stretched: int) -> None:
        super().__init__()
        self.facts = FactsModel(heads)
        self.facts.setParent(self)  # lives and dies with the table, whatever Python lets go first
        self._stretched = stretched
        self.setModel(self.facts)
        self.setItemDelegate(CellPainter(self))
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMinimumHeight(40)  # less than Qt asks for: the panel is low
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across = self.horizontalHeader()
        across.setTextElideMode(Qt.TextElideMode.ElideRight)
        across.setHighlightSections(False)
        across.setSectionsClickable(True)
        across.setSortIndicatorShown(True)
        across.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        across.sortIndicatorChanged.connect(self.facts.sort)
        self.doubleClicked.connect(self._open)
        theme.notifier.changed.connect(self._fit)

    def show_lines(self, lines: Sequence[tuple[Cell, ...]], heads: Sequence[str] | None = None) -> None:
        """Show these lines; the one that was chosen stays chosen if it is still there."""
        chosen = self.chosen()
        self.facts.show_lines(lines, heads)
        self._fit()
        if chosen is not None:
            same = (at for at, line in enumerate(self.facts.lines) if line[0].text == chosen[0].text)
            at = next(same, -1)
            if at >= 0:
                self.selectRow(at)

    def chosen(self) -> tuple[Cell, ...] | None:
        """The chosen line."""
        index = self.currentIndex()
        return self.facts.lines[index.row()] if index.isValid() and index.row() < len(self.facts.lines) else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_rest()

    def _fit_rest(self) -> None:
        """The stretched column takes what the others leave, or, where that is too little to be read, what it needs."""
        header, at = self.horizontalHeader(), self._stretched
        if not 0 <= at < len(self.facts.heads):
            return
        others = sum(header.sectionSize(each) for each in range(header.count()) if each != at)
        least = min(self._needed(at), scale.letters_px(_READABLE))
        enough = self.viewport().width() - others >= least
        header.setSectionResizeMode(
            at, QHeaderView.ResizeMode.Stretch if enough else QHeaderView.ResizeMode.Interactive
        )
        if not enough:
            self.setColumnWidth(at, least)

    def _needed(self, at: int) -> int:
        """How wide a column has to be for its words."""
        metrics, head = self.fontMetrics(), self.facts.heads[at]
        words = (line[at].text for line in self.facts.lines[:_SAMPLED] if not line[at].bar)
        mark = scale.px(16) if head in self.facts.marks else 0
        longest = max(metrics.horizontalAdvance(head + "  ") + mark, *map(metrics.horizontalAdvance, words), 0)
        return max(longest + scale.px(22), scale.px(_NARROWEST))

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        pictures = any(cell.picture is not None for line in self.facts.lines[:_SAMPLED] for cell in line)
        self.verticalHeader().setDefaultSectionSize(
            max(metrics.height() + scale.px(8), scale.px(_PICTURE) if pictures else 0)
        )
        header = self.horizontalHeader()
        for at in range(len(self.facts.heads)):
            if at == self._stretched:
                continue
            header.setSectionResizeMode(at, QHeaderView.ResizeMode.Interactive)
            self.setColumnWidth(at, min(self._needed(at), scale.letters_px(_WIDEST)))
        header.setMinimumSectionSize(scale.px(_NARROWEST))
        self._fit_rest()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.opened.emit(self.facts.lines[index.row()])
