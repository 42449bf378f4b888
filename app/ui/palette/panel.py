"""The palette: every layer by category, the drawing's blocks, a search field above, three ways onto the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from types import MappingProxyType

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QDrag, QFocusEvent, QFontMetricsF, QIcon, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QTreeWidget, QTreeWidgetItem, QWidget

from app.core.graph.model import BLOCK_PREFIX
from app.ui import icons, scale, theme
from app.ui.labels import search_field
from app.ui.layouts import column
from app.ui.palette.search import block_fits, found, usable
from app.ui.palette.short import ShortNames
from nodes.api import Layer
from nodes.api.registry import heading_of, layers

MIME = "application/x-netloom-layer"
_ID = Qt.ItemDataRole.UserRole
_CATEGORY = _ID + 1


class LayerTree(QTreeWidget):
    """Categories with their layers. A layer can be dragged out, double-clicked, or taken with Enter."""

    wanted = Signal(str)
    placed = Signal()  # a layer was double-clicked: the hand is on the mouse, and the keys belong to the canvas again

    def __init__(self) -> None:
        super().__init__()
        self.setHeaderHidden(True)
        self.setIndentation(10)
        self.setWordWrap(True)  # a name that is too long for its row takes a second line
        self.setDragEnabled(True)
        self.setDragDropMode(QTreeWidget.DragDropMode.DragOnly)
        self.setExpandsOnDoubleClick(False)
        self.setAccessibleName("Layers")
        self.setMinimumHeight(48)  # on a small screen the list scrolls, not the panel around it
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._short_names = ShortNames(self)
        self.setItemDelegate(self._short_names)
        self.setStyleSheet("QTreeView { background: transparent; }")
        self.itemDoubleClicked.connect(self._double_clicked)
        self.itemClicked.connect(lambda item, _column: self._toggle(item))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        first = self.topLevelItem(0)
        if self.currentItem() is None and first is not None and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.setCurrentItem(first)  # so that the arrows begin somewhere

    def layer_of(self, item: QTreeWidgetItem | None) -> str:
        """The id of the layer that a row stands for; empty for a category."""
        return str(item.data(0, _ID) or "") if item is not None else ""

    def _take(self, item: QTreeWidgetItem | None) -> None:
        layer_id = self.layer_of(item)
        if layer_id:
            self.wanted.emit(layer_id)

    def _double_clicked(self, item: QTreeWidgetItem) -> None:
        self._take(item)
        if self.layer_of(item):
            self.placed.emit()

    def _toggle(self, item: QTreeWidgetItem) -> None:
        """A click anywhere on a category opens or closes it, not only on its small arrow."""
        if not self.layer_of(item):
            item.setExpanded(not item.isExpanded())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.currentItem()
            if self.layer_of(item):
                self._take(item)
            elif item is not None:
                self._toggle(item)
            return
        super().keyPressEvent(event)

    def drawBranches(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        """The arrows of categories as large as the words beside them; the style knows one size only."""
        if not index.model().hasChildren(index) or theme.scale() == 1.0:
            super().drawBranches(painter, rect, index)
            return
        side = min(scale.px(9), rect.width())
        box = QRectF(0, 0, side, side / 2)
        points = [box.topLeft(), box.topRight(), QPointF(box.center().x(), box.bottom())]
        if not self.isExpanded(index):
            box = QRectF(0, 0, side / 2, side)
            points = [box.topLeft(), QPointF(box.right(), box.center().y()), box.bottomLeft()]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QRectF(rect).center() - box.center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("text.soft"))
        painter.drawPolygon(points)
        painter.restore()

    def startDrag(self, actions: Qt.DropAction) -> None:
        item = self.currentItem()
        layer_id = self.layer_of(item)
        if not layer_id or item is None:
            return
        data = QMimeData()
        data.setData(MIME, layer_id.encode())
        drag = QDrag(self)
        drag.setMimeData(data)
        group = item.parent()
        category = str(group.data(0, _CATEGORY)) if group is not None else ""
        picture = _carried(item.text(0), category, self.devicePixelRatioF())
        drag.setPixmap(picture)
        drag.setHotSpot(QPoint(14, 14))
        drag.exec(Qt.DropAction.CopyAction)


def _carried(text: str, category: str, ratio: float) -> QPixmap:
    """What hangs at the pointer while a layer is dragged: the head of the node it will be."""
    font = theme.base_font()
    font.setBold(True)
    width = QFontMetricsF(font).horizontalAdvance(text) + 46
    height = 28.0
    picture = QPixmap(round(width * ratio), round(height * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    ground = theme.family(category)
    ink = theme.text_on(ground)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(0, 0, width, height), 7, 7)
        icons.paint(painter, icons.family_name(category), QRectF(8, 6, 16, 16), ink)
        painter.setPen(ink)
        painter.setFont(font)
        painter.drawText(QRectF(32, 0, width - 36, height), Qt.AlignmentFlag.AlignVCenter, text)
    return picture


def tooltip(layer: Layer) -> str:
    """What a layer is, as rich text."""
    parts = [f"<b>{escape(layer.name)}</b> &nbsp;{escape(layer.id)}", escape(layer.help)]
    if layer.formula:
        parts.append(f"<code>{escape(layer.formula)}</code>")
    return "<br>".join(part.replace("\n", " ") for part in parts)


class PalettePanel(QWidget):
    """Search field and tree. ``add_wanted`` carries the id of a layer that should come onto the canvas; ``placed``
    tells that it was double-clicked, so that the keys go to the canvas."""

    add_wanted = Signal(str)
    placed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._in_block = False
        self._blocks: dict[str, str] = {}
        self._known = layers()
        tip = "Search by name, by torch's name, or by what it is for. Enter adds the first one."
        self.search = search_field("Search layers", "Search layers", tip, self._filter)
        self._glass = self.search.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        icons.put(self._glass, "search", "text.soft")
        self.search.installEventFilter(self)
        self.tree = LayerTree()
        self.tree.wanted.connect(self.add_wanted)
        self.tree.placed.connect(self.placed)
        self.nothing = QLabel(wordWrap=True)
        self.nothing.setContentsMargins(10, 8, 10, 8)
        self.nothing.hide()
        column(self.search, self.nothing, (self.tree, 1), of=self, margins=(4, 6, 2, 0), spacing=6)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._closed: set[str] | None = None  # categories that were closed before the search opened them
        self._fill()
        theme.notifier.changed.connect(self._dress)

    def show_for(self, in_block: bool, blocks: Mapping[str, str] = MappingProxyType({})) -> None:
        """Offer what may stand in the main drawing, or inside a block; and these blocks, each with its tooltip."""
        known = layers()
        if (in_block, blocks, known) != (self._in_block, self._blocks, self._known):
            self._in_block, self._blocks, self._known = in_block, dict(blocks), known
            self._fill()

    def focus_search(self) -> None:
        """Put the cursor into the search field, with its text selected."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _fill(self) -> None:
        closed = {group.text(0) for group in self._groups() if not group.isExpanded()}
        self.tree.clear()
        self._items.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        for name, about in self._blocks.items():
            self._add(groups, "block", "Blocks", BLOCK_PREFIX + name, name, about)
        for layer in usable(self._known.values(), self._in_block):
            self._add(groups, layer.category, heading_of(layer), layer.id, layer.name, tooltip(layer))
        for group in groups.values():
            group.setExpanded(group.text(0) not in closed)
        self._dress()
        self._filter()

    def _add(
        self, groups: dict[str, QTreeWidgetItem], category: str, family: str, type_id: str, name: str, tip: str
    ) -> None:
        group = groups.get(family)
        if group is None:
            group = groups[family] = QTreeWidgetItem(self.tree, [family])
            group.setData(0, _CATEGORY, category)
            group.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            font = self.tree.font()
            font.setBold(True)
            group.setFont(0, font)
        item = QTreeWidgetItem(group, [name])
        item.setData(0, _ID, type_id)
        item.setToolTip(0, tip)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
        self._items[type_id] = item

    def _groups(self) -> list[QTreeWidgetItem]:
        found = (self.tree.topLevelItem(index) for index in range(self.tree.topLevelItemCount()))
        return [group for group in found if group is not None]

    def _dress(self) -> None:
        """Colour the tiles of the categories."""
        for group in self._groups():
            group.setIcon(0, icons.family(str(group.data(0, _CATEGORY))))

    def _filter(self) -> None:
        text = self.search.text()
        hits = [layer.id for layer in found(usable(self._known.values(), self._in_block), text)]
        hits = [*(BLOCK_PREFIX + name for name in self._blocks if block_fits(name, text)), *hits]
        shown = set(hits)
        for type_id, item in self._items.items():
            item.setHidden(type_id not in shown)
        for group in self._groups():
            children = (group.child(index) for index in range(group.childCount()))
            group.setHidden(all(child is None or child.isHidden() for child in children))
        self._open_while_searching(bool(text.strip()))
        self.nothing.setVisible(not hits)
        self.tree.setVisible(bool(hits))
        if not hits:
            self.nothing.setText(f"No layer fits “{text.strip()}”. Try a shorter word, such as “conv” or “pool”.")
        if text.strip() and hits:
            self.tree.setCurrentItem(self._items[hits[0]])

    def _open_while_searching(self, searching: bool) -> None:
        """Show what was found in closed categories too, and close them again afterwards."""
        if searching and self._closed is None:
            self._closed = {group.text(0) for group in self._groups() if not group.isExpanded()}
        elif not searching and self._closed is None:
            return
        for group in self._groups():
            group.setExpanded(searching or group.text(0) not in (self._closed or ()))
        if not searching:
            self._closed = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the search field: Enter adds, the arrows go into the list, Escape empties."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            match event.key():
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    layer_id = self.tree.layer_of(self.tree.currentItem())
                    if layer_id and self.search.text().strip() and not self._items[layer_id].isHidden():
                        self.add_wanted.emit(layer_id)
                    return True
                case Qt.Key.Key_Down | Qt.Key.Key_Up:
                    self.tree.setFocus(Qt.FocusReason.OtherFocusReason)
                    first = self.tree.topLevelItem(0)
                    if self.tree.currentItem() is None and first is not None:
                        self.tree.setCurrentItem(first)
                    return True
                case Qt.Key.Key_Escape if self.search.text():
                    self.search.clear()
                    return True
        return super().eventFilter(watched, event)
