"""The bar that finds a layer: type, and Enter goes from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem

from app.core.document import Change
from app.ui import icons, theme
from app.ui.canvas.finding import FoundLayer, everything, matching
from app.ui.canvas.node_words import plural
from app.ui.canvas.overlay import Overlay, dress
from app.ui.labels import TintedLabel, icon_button, let_clear
from app.ui.layouts import column, row

if TYPE_CHECKING:
    from app.ui.canvas.document_view import DocumentView

_WIDTH = 350
_AWAY = 10  # pixels from the edges of the canvas
_ROWS = 7  # at most that many are seen at once
_SHARE = 0.3  # of the canvas, for the list
_LISTED = 300  # at most that many are in the list; Enter reaches the others too


class FindBar(Overlay):
    """Stays open while one looks around; Escape closes it and gives the focus back to the canvas."""

    def __init__(self, canvas: DocumentView) -> None:
        super().__init__(canvas, "FindBar", "Find a layer")
        self._canvas = canvas
        self._here = ""
        self._entries: list[FoundLayer] = []
        self._found: list[FoundLayer] = []
        self._at = -1  # which of them was gone to; -1 before the first
        self.edit = QLineEdit(self)
        self.edit.setPlaceholderText("Name, type, or block/name")
        self.edit.setAccessibleName("Find a layer")
        self.edit.setToolTip("A part of a name, a type such as pool, or a path such as block1/conv2")
        let_clear(self.edit)
        self.count = TintedLabel("", "text.soft")
        self.previous_button = icon_button("chevron-up", "Previous layer (Shift+Enter)", self.previous)
        self.next_button = icon_button("chevron-down", "Next layer (Enter)", self.next)
        self.close_button = icon_button("close", "Close (Escape)", self.close_bar)
        self.list = QTreeWidget(self)
        self.list.setAccessibleName("Layers found")
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setIconSize(QSize(18, 18))
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        bar = row((self.edit, 1), self.count, self.previous_button, self.next_button, self.close_button, spacing=2)
        bar.insertSpacing(1, 4)
        bar.insertSpacing(3, 2)
        column(bar, self.list, of=self, margins=(8, 7, 6, 7), spacing=6)
        self.edit.textChanged.connect(lambda _text: self._search())
        self.edit.installEventFilter(self)
        self.list.itemClicked.connect(lambda item: self._go(self.list.indexOfTopLevelItem(item)))
        canvas.qdocument.changed.connect(self._follow)

    # -- open and close --------------------------------------------------------------------------------------------

    def open_bar(self) -> None:
        """Show the bar with what was looked for last, ready to be typed over."""
        dress(self)
        if not self.isVisible():
            self._here = self._canvas.where
            self._entries = everything(self._canvas.qdocument.project, self._here)
            self._search()
        self.show()
        self.place()
        self.raise_()
        self.edit.selectAll()
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_bar(self) -> None:
        """Hide the bar; what was found last stays selected."""
        self.hide()
        self._entries, self._found = [], []
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _renew(self, _: theme.Theme) -> None:
        if self.isVisible():
            dress(self)
            self._search()

    def place(self) -> None:
        """Top right of the canvas, as high as the list needs."""
        canvas = self._canvas
        width = min(_WIDTH, canvas.width() - 2 * _AWAY)
        high = max(self.list.sizeHintForRow(0), 20)
        most = min(_ROWS, max(2, int(canvas.height() * _SHARE / high)))
        rows = min(self.list.topLevelItemCount(), most)
        self.list.setVisible(rows > 0)
        if rows:
            self.list.setFixedHeight(rows * high + 2)
        self.setFixedWidth(width)
        layout = self.layout()
        assert layout is not None
        layout.activate()
        height = min(layout.sizeHint().height(), canvas.height() - 2 * _AWAY)
        self.setGeometry(canvas.width() - width - _AWAY, _AWAY, width, height)

    # -- searching -------------------------------------------------------------------------------------------------

    @property
    def found(self) -> list[FoundLayer]:
        """What answers the search now, the best first."""
        return self._found

    def _follow(self, change: Change) -> None:
        """The drawing has changed: look anew, and stay at the layer that was gone to."""
        if not self.isVisible():
            return
        present = self._found[self._at] if 0 <= self._at < len(self._found) else None
        if change.opened:
            self._here = self._canvas.where
        self._entries = everything(change.after, self._here)
        self._search()
        same = [i for i, entry in enumerate(self._found) if present and (entry.where, entry.path) == _key(present)]
        if same:
            self._mark(same[0])

    def _search(self) -> None:
        text = self.edit.text()
        self._found = matching(self._entries, text)
        self._at = -1
        self.list.clear()
        items = []
        for entry in self._found[:_LISTED]:
            item = QTreeWidgetItem([entry.path, entry.type_word])
            item.setIcon(0, icons.family(entry.category))
            item.setToolTip(0, entry.path)
            item.setForeground(1, theme.color("text.soft"))
            items.append(item)
        self.list.addTopLevelItems(items)
        self._say()
        if self.isVisible():
            self.place()

    def _say(self) -> None:
        total = len(self._found)
        if not self.edit.text().strip():
            words, spoken = "", "Type a name, a type or a path."
        elif not total:
            words = spoken = "none"
        elif self._at < 0:
            words = spoken = plural(total, "layer")
        else:
            words, spoken = f"{self._at + 1} of {total:,}", f"{self._at + 1} of {total}: {self._found[self._at].path}"
        self.count.setText(words)
        self.count.set_role("error" if words == "none" else "text.soft")
        self.edit.setAccessibleDescription(spoken)
        for part in (self.previous_button, self.next_button):
            part.setEnabled(total > 0)

    # -- going -----------------------------------------------------------------------------------------------------

    def next(self) -> None:
        """Go to the next layer; after the last comes the first."""
        self._step(1)

    def previous(self) -> None:
        """Go to the layer before; before the first comes the last."""
        self._step(-1)

    def _step(self, by: int) -> None:
        if not self._found:
            return
        start = self._at if self._at >= 0 else (-1 if by > 0 else 0)
        self._go((start + by) % len(self._found))

    def _go(self, index: int) -> None:
        if not 0 <= index < len(self._found):
            return
        entry, canvas = self._found[index], self._canvas
        self._mark(index)
        if canvas.where == entry.where:
            canvas.reveal(entry.name)
        else:
            if canvas.where != entry.root:
                canvas.where = entry.root
            canvas.reveal(entry.path)
        self._clear_the_view(entry.name)

    def _mark(self, index: int) -> None:
        self._at = index
        item = self.list.topLevelItem(index)
        if item is not None:
            self.list.setCurrentItem(item)
            self.list.scrollToItem(item)
        else:
            self.list.clearSelection()
        self._say()

    def _clear_the_view(self, name: str) -> None:
        """A layer that lies below this bar is brought to where it can be seen."""
        canvas = self._canvas
        figure = canvas.scene.nodes.get(name)
        if figure is None:
            return
        box = canvas.camera.rect_to_view(figure.rect)
        if box.intersects(QRectF(self.geometry())):
            middle = QPointF((canvas.width() - self.width()) / 2, canvas.height() / 2)
            away = middle - box.center()
            canvas.pan_by(away.x(), away.y())

    # -- keys ------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key, back = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_Escape:
            self.close_bar()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._step(-1 if back else 1)
        elif key == Qt.Key.Key_Down:
            self._step(1)
        elif key == Qt.Key.Key_Up:
            self._step(-1)
        else:
            return False
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Nothing reaches the canvas below: Delete here would remove layers there."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        event.accept()


def _key(entry: FoundLayer) -> tuple[str, str]:
    return entry.where, entry.path
