"""The columns of a table, one a row: which are features, which the target, which are left out, and what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QMenu, QTableView, QWidget

from app.ui import scale, theme
from app.ui.labels import TintedLabel
from app.ui.layouts import column
from nodes.api import TableColumn, cut

Index = QModelIndex | QPersistentModelIndex
NAME, FEATURE, TARGET, IGNORE, NUMBER, CATEGORY, MORE, CELLS = range(8)
_HEADS = ("column", "in", "out", "off", "123", "abc", "…", "first cells")
_WIDE = 420  # below this the first cells stand below the table, for the row of the keyboard alone
_TIPS = (
    "The columns of the table",
    "A feature: it goes into the net",
    "The target: what is predicted. With Ctrl, several are",
    "Ignored",
    "Holds numbers",
    "Holds words: each is a category",
    "Everything else: groups, parts, pictures, dates, texts",
    "What stands in the first rows",
)
_ROLES = {FEATURE: "feature", TARGET: "target", IGNORE: "ignore"}
_KINDS = {NUMBER: "number", CATEGORY: "category"}
_OTHER_ROLES = ("group", "part", "image path", "text")
_OF_SERIES = ("time",)
_OTHER_KINDS = ("ordered category", "date", "date, month first", "text")
_LATER_KINDS = ("date, until 2069", "date, month first, until 2069")  # offered where there are dates
_SAID = {
    "feature": "goes in", "target": "is predicted", "ignore": "is left out", "group": "holds rows together",
    "part": "says the part of each row", "image path": "names pictures", "text": "is left out, as it holds texts",
    "time": "says when each row was",
}  # fmt: skip
_LEAST_NAME = 60  # below this the marks are scrolled to
_MOST_ROWS = 9  # that are seen at once


class ColumnsModel(QAbstractTableModel):
    """The columns as rows; a mark stands where a choice is in force."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: tuple[TableColumn, ...] = ()
        self.kinds = True  # whether it can be said what a column holds

    def show_columns(self, columns: Sequence[TableColumn]) -> None:
        """Show these. The place of the keyboard is kept where they are the same columns."""
        same = [each.name for each in columns] == [each.name for each in self.columns]
        if not same:
            self.beginResetModel()
        self.columns = tuple(columns)
        if not same:
            self.endResetModel()
        elif columns:
            self.dataChanged.emit(self.index(0, 0), self.index(len(columns) - 1, CELLS))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt has it
        return 0 if parent.isValid() else len(self.columns)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt has it
        return 0 if parent.isValid() else len(_HEADS)

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if way != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADS[section]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return _TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignLeft if section in (NAME, CELLS) else Qt.AlignmentFlag.AlignHCenter
            )
        return None

    def chosen(self, row: int, place: int) -> bool:
        """Whether this choice is in force."""
        one = self.columns[row]
        if place == MORE:
            return one.role in (*_OTHER_ROLES, *_OF_SERIES) or (
                self.kinds and one.kind in (*_OTHER_KINDS, *_LATER_KINDS)
            )
        return one.role == _ROLES.get(place) or one.kind == _KINDS.get(place)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, place = index.row(), index.column()
        one, wide = self.columns[row], place in (NAME, CELLS)
        if role == Qt.ItemDataRole.DisplayRole:
            if place == CELLS:
                return ", ".join(cell or "–" for cell in one.cells)
            return cut(one.name, 60) if wide else "●" if self.chosen(row, place) else "…" if place == MORE else "○"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{about(one)}\n{_TIPS[place]}" if not wide else about(one)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return about(one) if wide else f"{one.name}: {_TIPS[place]}{', chosen' if self.chosen(row, place) else ''}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignLeft if wide else Qt.AlignmentFlag.AlignHCenter
            )
        if role == Qt.ItemDataRole.ForegroundRole:
            if wide:
                soft = place == CELLS or one.role in ("ignore", "text")
                return theme.color("text.soft" if soft else "text")
            return theme.color("accent" if self.chosen(row, place) else "text.soft")
        return None


def about(one: TableColumn) -> str:
    """A column in a sentence, with its first cells."""
    cells = ", ".join(cell or "–" for cell in one.cells)
    return f"{cut(one.name, 60)} {_SAID.get(one.role, one.role)}; {one.kind}: {cells}"


class ColumnsTable(QWidget):
    """``role_chosen`` carries a column, what it is for and whether it stands beside others; ``kind_chosen`` a column
    and what it holds; ``forgotten`` a column that shall be guessed again."""

    role_chosen = Signal(str, str, bool)
    kind_chosen = Signal(str, str)
    forgotten = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.model = ColumnsModel()
        self.view = _View()
        self.view.setModel(self.model)
        self.view.pressed_cell.connect(self._act)
        self.view.selectionModel().currentChanged.connect(lambda now, _before: self._tell(now))
        self.words = TintedLabel("", "text.soft", wrap=True)
        column(self.view, self.words, of=self, spacing=3)
        self.hide()

    def show_columns(self, columns: Sequence[TableColumn], kinds: bool = True) -> None:
        """Show these; hidden where there are none. Without ``kinds`` it cannot be said what they hold."""
        if kinds != self.model.kinds:
            self.model.kinds = kinds
            for place in _KINDS:
                self.view.setColumnHidden(place, not kinds)
            self.view.fit()
        if tuple(columns) != self.model.columns:
            self.model.show_columns(columns)
            self.view.fit()
        self._tell(self.view.currentIndex())
        self.setVisible(bool(columns))

    def _tell(self, index: QModelIndex) -> None:
        known = index.isValid() and index.row() < len(self.model.columns)
        self.words.setText(
            about(self.model.columns[index.row()])
            if known
            else f"Click a circle to say what a column is for{' and what it holds' * self.model.kinds}."
        )

    def _act(self, index: QModelIndex, more: bool) -> None:
        name, place = self.model.columns[index.row()].name, index.column()
        if place == MORE:
            self._menu(index, name)
        elif place not in (NAME, CELLS) and (more or not self.model.chosen(index.row(), place)):
            if place in _ROLES:
                self.role_chosen.emit(name, _ROLES[place], more and place == TARGET)
            else:
                self.kind_chosen.emit(name, _KINDS[place])

    def _menu(self, index: QModelIndex, name: str) -> None:
        one = self.model.columns[index.row()]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        roles, kinds = (_OTHER_ROLES, _OTHER_KINDS) if self.model.kinds else (_OF_SERIES, ())
        later = _LATER_KINDS if kinds and one.kind.startswith("date") else ()
        for words, now, signal in ((roles, one.role, "role"), ((*kinds, *later), one.kind, "kind")):
            if not words:
                continue
            menu.addSection("What it is for" if signal == "role" else "What it holds")
            for word in words:
                entry = menu.addAction(word if signal == "role" or word != "text" else "running text")
                entry.setCheckable(True)
                entry.setChecked(word == now)
                if signal == "role":
                    entry.triggered.connect(lambda _on=False, to=word: self.role_chosen.emit(name, to, False))
                else:
                    entry.triggered.connect(lambda _on=False, to=word: self.kind_chosen.emit(name, to))
        menu.addSeparator()
        menu.addAction("As guessed").triggered.connect(lambda: self.forgotten.emit(name))
        place = self.view.visualRect(index)
        menu.popup(self.view.viewport().mapToGlobal(QPoint(place.left(), place.bottom())))


class _View(QTableView):
    """A table as high as its rows, up to a few; a click or the space bar chooses."""

    pressed_cell = Signal(QModelIndex, bool)

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Columns of the table")
        self.verticalHeader().hide()
        heads = self.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setSectionsClickable(False)
        heads.setMinimumSectionSize(1)
        heads.setStyleSheet("QHeaderView::section { padding: 3px 0; }")
        self.clicked.connect(self._clicked)
        self._more = False
        self._rows_height = 0

    def fit(self) -> None:
        """Give rows and columns the room that their words take at the present size of letters."""
        letters = self.fontMetrics()
        heads = self.horizontalHeader()
        heads.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Fixed)
        for place in range(FEATURE, MORE + 1):
            heads.setSectionResizeMode(place, QHeaderView.ResizeMode.Fixed)
            heads.resizeSection(place, letters.horizontalAdvance(f"{_HEADS[place]}") + scale.px(6))
        height = letters.height() + scale.px(6)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        heads.setSectionResizeMode(CELLS, QHeaderView.ResizeMode.Fixed)
        rows = min(self.model().rowCount() if self.model() is not None else 0, _MOST_ROWS)
        self._rows_height = rows * height + heads.sizeHint().height() + 2 * self.frameWidth() + 2
        self._share()

    def _share(self) -> None:
        """The room that the marks leave is the name's, and the first cells' where there is plenty."""
        heads = self.horizontalHeader()
        room = self.viewport().width() - sum(heads.sectionSize(place) for place in range(FEATURE, MORE + 1))
        wide = self.viewport().width() >= scale.letters_px(_WIDE)
        self.setColumnHidden(CELLS, not wide)
        least = scale.letters_px(_LEAST_NAME)
        name = max(least, round(room * 0.45) if wide else room)
        heads.resizeSection(NAME, name)
        if wide:
            heads.resizeSection(CELLS, max(0, room - name))
        beyond = self.horizontalScrollBar().sizeHint().height() if name > room else 0
        self.setFixedHeight(self._rows_height + beyond)

    def changeEvent(self, event: Any) -> None:
        super().changeEvent(event)
        if event.type() == event.Type.FontChange and self._rows_height:
            self.fit()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if self._rows_height:  # and not before there is a table
            self._share()

    def mousePressEvent(self, event: Any) -> None:
        self._more = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            more = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.pressed_cell.emit(self.currentIndex(), more)
            return
        super().keyPressEvent(event)

    def _clicked(self, index: QModelIndex) -> None:
        self.pressed_cell.emit(index, self._more)
