"""The box of the command palette: a field and a list over the window. Type, Enter, done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFocusEvent, QKeyEvent, QStandardItemModel
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListView, QWidget

from app.ui.canvas.overlay import STAYS, Overlay, dress
from app.ui.command_palette.fuzzy import fit
from app.ui.command_palette.offers import STEP, CommandOffer, offers, typed
from app.ui.command_palette.rows import ROW, CommandRow, RowPainter, spoken
from app.ui.labels import let_clear
from app.ui.layouts import column

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

MOST_REMEMBERED = 12
MOST_SHOWN = 60
_WIDE, _LETTERS = 620, 62
_EDGE = 8
_RECENT_BONUS = 6.0


class CommandBox(Overlay):
    """Opened by Ctrl+P; Enter or a click runs the line, Escape or a click elsewhere closes it."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window, "CommandBox", "Commands")
        self._window = window
        self.edit = QLineEdit(self, placeholderText="What do you want to do?")
        self.edit.setAccessibleName("Search for a command")
        self.edit.setToolTip("Type a few letters of a command, a layer, a template or a file. Enter runs it.")
        let_clear(self.edit)
        self.list = QListView(self)
        self.list.setAccessibleName("Commands found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.model = QStandardItemModel(self.list)
        self.list.setModel(self.model)
        self._painter = RowPainter(self.list)
        self.list.setItemDelegate(self._painter)
        self.hint = QLabel(self, textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        column(self.edit, (self.list, 1), self.hint, of=self, margins=(_EDGE, _EDGE, _EDGE, _EDGE), spacing=6)
        self.rows: list[CommandRow] = []
        self._offers: list[CommandOffer] = []
        self._recent: tuple[str, ...] = ()
        self._before: QWidget | None = None
        self.edit.textChanged.connect(self._find)
        self.edit.installEventFilter(self)
        self.list.clicked.connect(self._take)
        window.installEventFilter(self)

    def ask(self) -> None:
        """Open with everything that can be done now; a second time closes."""
        if self.isVisible():
            self.close_box()
            return
        self._before = QApplication.focusWidget()
        self._offers = offers(self._window)
        self._recent = self._window.settings.values.commands
        dress(self)
        self.edit.clear()
        self._find()
        self._place()
        self.show()
        self.raise_()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_box(self) -> None:
        """Close without a choice; the keys go back to where they were."""
        if self.isVisible():
            self.hide()
            self._give_back()

    def _give_back(self) -> None:
        before, self._before = self._before, None
        target = before if before is not None and before.isVisible() else self._window.canvas
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _place(self) -> None:
        """At the top of the middle, as large as the window allows."""
        window = self._window
        area = window.rect().adjusted(12, window.menuBar().height() + 6, -12, -12)
        wanted = max(_WIDE, self.fontMetrics().averageCharWidth() * _LETTERS)
        width = min(wanted, area.width())
        rows = min(max(self.model.rowCount(), 1), 14)
        row = self.list.sizeHintForRow(0) if self.model.rowCount() else 0
        self.hint.setFixedWidth(width - 2 * _EDGE)
        words = self.hint.heightForWidth(width - 2 * _EDGE) + 6 if not self.hint.isHidden() else 0
        height = self.edit.sizeHint().height() + rows * row + words + 2 * _EDGE + 12
        self.setGeometry(area.center().x() - width // 2, area.top(), width, min(height, area.height()))

    # What fits

    def _find(self) -> None:
        text = self.edit.text()
        found: list[tuple[float, int, CommandRow]] = []
        for place, offer in enumerate(self._offers):
            hit = fit(text, offer.title, f"{offer.path} {offer.words}")
            if hit is None:
                continue
            score = hit.score + (0.0 if offer.enabled else -15.0)
            if offer.key in self._recent:
                recency = len(self._recent) - self._recent.index(offer.key)
                score += _RECENT_BONUS + recency / 10 if text.strip() else 1000.0 + recency
            elif STEP in offer.path and not text.strip():
                score -= 50.0  # the many templates and layers after what stands in the menus themselves
            found.append((-score, place, CommandRow(offer, hit.places)))
        found.sort(key=lambda entry: entry[:2])
        rows = self.rows = [row for _, _, row in found[:MOST_SHOWN]]
        direct = typed(self._window, text)
        if direct is not None:
            rows.insert(0, CommandRow(direct))
        self.model.clear()
        for row in rows:
            self.model.appendRow(row.item())
        self.list.setVisible(bool(rows))
        self.hint.setText("" if rows else f"Nothing is called “{text.strip()}”. Try a shorter word.")
        self.hint.setVisible(not rows)
        if rows:
            self._choose(0)
        if self.isVisible():
            self._place()

    def _choose(self, row: int) -> None:
        row = max(0, min(self.model.rowCount() - 1, row))
        self.list.setCurrentIndex(self.model.index(row, 0))
        self.edit.setAccessibleDescription(spoken(self.rows[row].offer))
        if QAccessible.isActive():
            told = QAccessibleEvent(self.list, QAccessible.Event.Focus)
            told.setChild(row)
            QAccessible.updateAccessibility(told)

    @property
    def current(self) -> CommandOffer | None:
        """The line that Enter would run."""
        index = self.list.currentIndex()
        return index.data(ROW).offer if index.isValid() else None

    def _take(self, _: QModelIndex | None = None) -> None:
        offer = self.current
        if offer is None:
            return
        if not offer.enabled:
            self.hint.setText(f"{offer.title}: {offer.reason}")
            self.hint.show()
            self._place()
            return
        self.hide()
        # First the keys, then the work: what it does may want them itself.
        self._give_back()
        remembered = self._window.settings.values.commands
        others = tuple(key for key in remembered if key != offer.key)
        self._window.settings.change(commands=(offer.key, *others)[:MOST_REMEMBERED])
        offer.run()

    # Events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window:
            if event.type() == QEvent.Type.Resize and self.isVisible():
                self._place()
            return False
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if isinstance(event, QFocusEvent) and event.lostFocus() and self.isVisible() and not self.underMouse():
            if event.reason() not in STAYS:
                self.hide()
                self._before = None
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
        elif key == Qt.Key.Key_Escape:
            self.close_box()
        elif key in _STEPS and self.model.rowCount():
            self._choose(self.list.currentIndex().row() + _STEPS[key])
        else:
            return False
        return True


_STEPS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Tab: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Backtab: -1,
    Qt.Key.Key_PageDown: 10,
    Qt.Key.Key_PageUp: -10,
}
