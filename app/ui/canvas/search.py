"""The search box on the canvas: type a few letters, Enter places the layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui import icons, theme
from app.ui.canvas.overlay import STAYS, Overlay, dress
from app.ui.canvas.ranking import RankedLayer, answer
from app.ui.labels import let_clear
from app.ui.layouts import column

Index = QModelIndex | QPersistentModelIndex
_WIDTH, _HEIGHT, _EDGE = 340, 400, 8
_STEPS = {
    **{Qt.Key.Key_Down: 1, Qt.Key.Key_Tab: 1, Qt.Key.Key_PageDown: 8},
    **{Qt.Key.Key_Up: -1, Qt.Key.Key_Backtab: -1, Qt.Key.Key_PageUp: -8},
}
_LINE, _TITLE = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2  # an Offer; the title of a group


class _Lines(QStyledItemDelegate):
    """One offer: icon, name and type, and below them why it is offered, or why it does not fit."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        height = option.fontMetrics.height()
        return QSize(100, height + 9 if index.data(_TITLE) else 2 * height + 9)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        offer, title = index.data(_LINE), index.data(_TITLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if title or offer is None:
            painter.setPen(theme.color("text.soft"))
            room = QRect(option.rect).adjusted(8, 4, -8, 0)
            words = option.fontMetrics.elidedText(title or index.data(), Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        else:
            self._paint_offer(painter, option, offer)
        painter.restore()

    def _paint_offer(self, painter: QPainter, option: QStyleOptionViewItem, offer: RankedLayer) -> None:
        rect, metrics = QRect(option.rect), option.fontMetrics
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if chosen else "hover"))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 0, -1, 0), 5, 5)
        text = theme.color("selection.text" if chosen else "text.soft" if offer.unfit else "text")
        soft = theme.color("selection.text" if chosen else "text.soft")
        icons.family(offer.category).paint(painter, rect.left() + 8, rect.top() + 5, 20, 20)
        words = rect.adjusted(36, 3, -8, -3)
        line = metrics.height()
        painter.setPen(text)
        painter.drawText(words, Qt.AlignmentFlag.AlignTop, offer.name)
        beside = "" if offer.type_id == offer.name or offer.category == "block" else offer.type_id
        if metrics.horizontalAdvance(offer.name + beside) + 16 <= words.width():
            painter.setPen(soft)
            painter.drawText(words, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight, beside)
        painter.setPen(theme.color("error") if offer.unfit and not chosen else soft)
        note = metrics.elidedText(offer.note, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words.adjusted(0, line, 0, 0), Qt.AlignmentFlag.AlignTop, note)


class SearchBox(Overlay):
    """A small list over the canvas. ``chosen`` carries the layer's id, ``closed`` comes once at the end."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "SearchBox", "Add a layer")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.edit = QLineEdit(self)
        self.edit.setAccessibleName("Search for a layer")
        let_clear(self.edit)
        self.hint = QLabel(self, wordWrap=True)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Layers found")
        self.list.setItemDelegate(_Lines(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column(self.edit, self.hint, (self.list, 1), of=self, margins=(_EDGE, _EDGE, _EDGE, _EDGE), spacing=6)
        self._offers: list[RankedLayer] = []
        self._most = _HEIGHT
        self.edit.textChanged.connect(self._fill)
        self.list.itemClicked.connect(self._take)
        self.edit.installEventFilter(self)
        # A click beside the words leaves the keys where they are, and does not hand them to the canvas below.
        self.setFocusProxy(self.edit)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.resize(_WIDTH, _HEIGHT)
        self._leaving = False

    def ask(self, at: QPoint, found: Iterable[RankedLayer], hint: str = "") -> None:
        """Open at a point of the parent with these offers."""
        self._offers = list(found)
        dress(self)
        self.edit.clear()
        self.edit.setPlaceholderText("Search a layer, e.g. pool")
        self.say(hint)
        self._fill()
        self._most = min(_HEIGHT, self.area.height())
        self.resize(min(_WIDTH, self.area.width()), self._most)
        self.put(at - QPoint(20, 16), self._most)
        self.show()
        self._fit()
        self.raise_()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def say(self, hint: str) -> None:
        """Words above the list."""
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))

    def close_box(self) -> None:
        """Close without a choice."""
        if self.isVisible():
            self._put_away()
            self.closed.emit()

    def _put_away(self) -> None:
        """Hide, with the focus handed to the canvas first: Qt would give it to any widget of the window, which acts."""
        self._leaving = True
        canvas = self.parentWidget()
        if canvas is not None and self.edit.hasFocus():
            canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()
        self._leaving = False

    def _fill(self) -> None:
        text = self.edit.text()
        found = answer(self._offers, text)
        self.list.clear()
        self._add(f"Likely next: {found.likely[0].reason}" if found.likely else "", found.likely)
        self._add("Others" if found.likely else "", found.fitting)
        self._add("Does not fit here", found.unfit)
        self._add("Others", found.vague)
        first = next((row for row in range(self.list.count()) if self._can_take(row)), None)
        if first is not None:
            self.list.setCurrentRow(first)
            self.list.scrollToTop()
        else:
            item = QListWidgetItem("Nothing of that name fits here." if self._offers else "No layer fits here.")
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self._fit()

    def _add(self, title: str, offers: Sequence[RankedLayer]) -> None:
        """A group of offers, below a title if it has one."""
        if title and offers:
            head = QListWidgetItem(title)
            head.setFlags(Qt.ItemFlag.NoItemFlags)
            head.setData(_TITLE, title)
            self.list.addItem(head)
        for offer in offers:
            item = QListWidgetItem(offer.name)
            item.setData(Qt.ItemDataRole.UserRole, offer.type_id)
            item.setData(_LINE, offer)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{offer.name}. {offer.note}")
            about = offer.about if not offer.unfit else f"{offer.unfit}\n\n{offer.about}"
            item.setToolTip(f"<p>{escape(about)}</p>".replace("\n\n", "</p><p>"))
            self.list.addItem(item)

    def _can_take(self, row: int) -> bool:
        item = self.list.item(row)
        return item is not None and bool(item.flags() & Qt.ItemFlag.ItemIsSelectable)

    def _step(self, by: int) -> None:
        """Choose another line, past the titles of groups; stops at both ends."""
        row, way = self.list.currentRow(), 1 if by > 0 else -1
        goal = max(0, min(self.list.count() - 1, row + by))
        while 0 <= goal < self.list.count() and not self._can_take(goal):
            goal += way
        if self._can_take(goal):
            self.list.setCurrentRow(goal)
        if by < 0 and not any(self._can_take(each) for each in range(self.list.currentRow())):
            self.list.scrollToTop()  # the title above the first line is worth seeing again

    def _fit(self) -> None:
        """As high as the list needs; the place for more stays free below."""
        if not self.isVisible():
            return
        rest = self.list.y() + _EDGE
        rows = sum(self.list.sizeHintForRow(row) for row in range(min(self.list.count(), 30))) + 4
        self.resize(self.width(), min(self._most, rest + rows))

    def _take(self, item: QListWidgetItem | None = None) -> None:
        item = item or self.list.currentItem()
        type_id = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if type_id:
            self._put_away()
            self.chosen.emit(type_id)
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take()
                return True
            if key == Qt.Key.Key_Escape:
                self.close_box()
                return True
            if key in _STEPS:
                self._step(_STEPS[Qt.Key(key)])
                return True
        if watched is self.edit and isinstance(event, QFocusEvent) and event.lostFocus() and not self.underMouse():
            if event.reason() not in STAYS and not self._leaving:
                self.close_box()
        return super().eventFilter(watched, event)
