"""The lines of the command palette: an offer each, and how it is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QStandardItem
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui import icons, theme
from app.ui.commander.offers import Offer

Index = QModelIndex | QPersistentModelIndex
_PAD = 8
ROW = Qt.ItemDataRole.UserRole  # of an item: the ``Row`` that it shows


@dataclass(frozen=True, slots=True)
class Row:
    """An offer, and the letters of its title that were typed."""

    offer: Offer
    places: frozenset[int] = frozenset()

    def item(self) -> QStandardItem:
        """It in a model. Grey ones can be chosen too: Enter on them says the reason."""
        made = QStandardItem(self.offer.title)
        made.setData(self, ROW)
        made.setToolTip(self.offer.reason)
        made.setAccessibleText(spoken(self.offer))
        return made


def spoken(offer: Offer) -> str:
    """A line as a screen reader says it."""
    parts = [offer.title, offer.path, offer.keys, "on" if offer.checked else "", offer.reason]
    return ", ".join(part for part in parts if part)


class RowPainter(QStyledItemDelegate):
    """Icon, title with the typed letters marked, the way in the menu, and the keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, option.fontMetrics.height() + 10)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ROW)
        rect, state = option.rect, option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if chosen else "hover"))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 0, -1, 0), 5, 5)
        self._paint_words(painter, rect, row, chosen)
        painter.restore()

    def _paint_words(self, painter: QPainter, rect: QRect, row: Row, chosen: bool) -> None:
        offer = row.offer
        ink = theme.color("selection.text" if chosen else "text" if offer.enabled else "text.off")
        soft = ink if chosen else theme.color("text.soft" if offer.enabled else "text.off")
        font = painter.font()
        metrics = QFontMetrics(font)
        side = metrics.height()
        _paint_icon(painter, QRectF(rect.left() + _PAD, rect.center().y() - side / 2 + 1, side, side), offer, ink)
        left, right = rect.left() + 2 * _PAD + side, rect.right() - _PAD
        painter.setPen(soft)
        middle = Qt.AlignmentFlag.AlignVCenter
        if offer.keys:
            width = metrics.horizontalAdvance(offer.keys)
            painter.drawText(QRect(right - width, rect.top(), width + 1, rect.height()), middle, offer.keys)
            right -= width + 2 * _PAD
        title = metrics.elidedText(offer.title, Qt.TextElideMode.ElideRight, max(0, right - left))
        used = _paint_title(painter, QRect(left, rect.top(), right - left, rect.height()), title, row.places, ink)
        left += used + 2 * _PAD
        beside = offer.reason or offer.path
        room = right - left
        if room > metrics.horizontalAdvance("Layers"):
            painter.setPen(soft)
            words = metrics.elidedText(beside, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRect(left, rect.top(), room, rect.height()), middle | Qt.AlignmentFlag.AlignRight, words)


def _paint_icon(painter: QPainter, box: QRectF, offer: Offer, ink: Any) -> None:
    if offer.checked:
        icons.paint(painter, "ok", box, ink)
    elif offer.family:
        ground = theme.family(offer.family)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 3, 3)
        edge = box.width() * 0.14
        inside = box.adjusted(edge, edge, -edge, -edge)
        icons.paint(painter, icons.family_name(offer.family), inside, theme.text_on(ground))
    elif offer.icon in icons.names():
        icons.paint(painter, offer.icon, box, ink)


def _paint_title(painter: QPainter, rect: QRect, title: str, places: frozenset[int], ink: Any) -> int:
    """The title with the letters at ``places`` in bold and underlined; gives the width that it took."""
    plain = painter.font()
    strong = painter.font()
    strong.setBold(True)
    strong.setUnderline(True)
    left = rect.left()
    painter.setPen(ink)
    start = 0
    while start < len(title):
        marked = start in places
        end = start
        while end < len(title) and (end in places) == marked:
            end += 1
        part = title[start:end]
        painter.setFont(strong if marked else plain)
        width = painter.fontMetrics().horizontalAdvance(part)
        painter.drawText(QRect(left, rect.top(), width + 2, rect.height()), Qt.AlignmentFlag.AlignVCenter, part)
        left += width
        start = end
    painter.setFont(plain)
    return left - rect.left()
