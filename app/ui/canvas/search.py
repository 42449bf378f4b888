"""The search box on the canvas: type a few letters, Enter places the layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.core.graph.blocks import why_recursive
from app.core.graph.model import BLOCK_PREFIX, MAIN, Project, block_of
from app.ui import icons, theme
from nodes.api.registry import CATEGORIES, find, layers

_WIDTH, _HEIGHT, _EDGE = 300, 330, 8
# The keys come back by themselves after another window, or the menu of the text field.
_STAYS = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of the list."""

    type_id: str
    name: str
    category: str
    words: tuple[str, ...]


def offers(project: Project, where: str) -> list[Offer]:
    """Everything that may be put into the graph ``where``, in palette order."""
    found = []
    for layer in layers().values():
        if layer.role in ("block_in", "block_out") and where == MAIN:
            continue
        if layer.role in ("source", "loss", "input", "output") and where != MAIN:
            continue
        family = CATEGORIES.get(layer.category, layer.category)
        found.append(Offer(layer.id, layer.name, layer.category, (layer.id, family, *layer.words)))
    for name in project.blocks:
        if why_recursive(project, where, BLOCK_PREFIX + name) is None:
            found.append(Offer(BLOCK_PREFIX + name, name, "block", ("block",)))
    return found


def rank(offer: Offer, text: str) -> int | None:
    """How well an offer answers a search, 0 the best; None if it does not."""
    wanted = text.lower().split()
    if not wanted:
        return 0
    name, words = offer.name.lower(), [word.lower() for word in offer.words]
    worst = 0
    for part in wanted:
        if name.startswith(part) or words[0].startswith(part):
            level = 0
        elif any(word.startswith(part) for word in name.replace("-", " ").split()):
            level = 1
        elif any(word.startswith(part) for entry in words for word in entry.split()):
            level = 2
        elif part in name or any(part in entry for entry in words):
            level = 3
        else:
            return None
        worst = max(worst, level)
    return worst


class SearchBox(QFrame):
    """A small list over the canvas. ``chosen`` carries the layer's id, ``closed`` comes once at the end."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas = parent
        self.setObjectName("SearchBox")
        self.setAccessibleName("Add a layer")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.edit = QLineEdit(self)
        self.edit.setAccessibleName("Search for a layer")
        self.edit.setClearButtonEnabled(True)
        self.hint = QLabel(self)
        self.hint.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Layers found")
        self.list.setIconSize(QSize(20, 20))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(_EDGE, _EDGE, _EDGE, _EDGE)
        column.setSpacing(6)
        column.addWidget(self.edit)
        column.addWidget(self.hint)
        column.addWidget(self.list, 1)
        self._offers: list[Offer] = []
        self._most = _HEIGHT
        self.edit.textChanged.connect(self._fill)
        self.list.itemClicked.connect(self._take)
        self.edit.installEventFilter(self)
        self.resize(_WIDTH, _HEIGHT)
        self.hide()

    def ask(self, at: QPoint, found: Iterable[Offer], hint: str = "") -> None:
        """Open at a point of the parent with these offers."""
        self._offers = list(found)
        self.setStyleSheet(
            f"#SearchBox {{ background: {theme.color('panel').name()}; border: 1px solid "
            f"{theme.color('border').name()}; border-radius: 8px; }}"
        )
        self.edit.clear()
        self.edit.setPlaceholderText("Search a layer, e.g. pool")
        self.say(hint)
        self._fill()
        area = self._canvas.rect().adjusted(6, 6, -6, -6)
        self._most = min(_HEIGHT, area.height())
        self.resize(min(_WIDTH, area.width()), self._most)
        x = max(area.left(), min(at.x() - 20, area.right() - self.width()))
        y = max(area.top(), min(at.y() - 16, area.bottom() - self._most))
        self.move(x, y)
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
            self.hide()
            self.closed.emit()

    def _fill(self) -> None:
        text = self.edit.text()
        ranked = [(level, i) for i, offer in enumerate(self._offers) if (level := rank(offer, text)) is not None]
        self.list.clear()
        for _, index in sorted(ranked):
            offer = self._offers[index]
            item = QListWidgetItem(icons.family(offer.category), offer.name)
            item.setData(Qt.ItemDataRole.UserRole, offer.type_id)
            layer = find(offer.type_id)
            item.setToolTip(layer.help if layer is not None else f"The block {block_of(offer.type_id)}")
            self.list.addItem(item)
        if self.list.count():
            self.list.setCurrentRow(0)
        else:
            item = QListWidgetItem("Nothing of that name fits here." if self._offers else "No layer fits here.")
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self._fit()

    def _fit(self) -> None:
        """As high as the list needs; the place for more stays free below."""
        if not self.isVisible():
            return
        rest = self.list.y() + _EDGE
        rows = self.list.count() * max(self.list.sizeHintForRow(0), 20) + 4
        self.resize(self.width(), min(self._most, rest + rows))

    def _take(self, item: QListWidgetItem | None = None) -> None:
        item = item or self.list.currentItem()
        type_id = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if type_id:
            self.hide()
            self.chosen.emit(type_id)
            self.closed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()  # not a zoom of the canvas below, when the end of the list is reached

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # not a gesture on the canvas below

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take()
                return True
            if key == Qt.Key.Key_Escape:
                self.close_box()
                return True
            steps = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Tab: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_Backtab: -1,
                Qt.Key.Key_PageDown: 8,
                Qt.Key.Key_PageUp: -8,
            }
            if key in steps:
                row = self.list.currentRow() + steps[Qt.Key(key)]
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, row)))
                return True
        if watched is self.edit and isinstance(event, QFocusEvent) and event.lostFocus() and not self.underMouse():
            if event.reason() not in _STAYS:
                self.close_box()
        return super().eventFilter(watched, event)
