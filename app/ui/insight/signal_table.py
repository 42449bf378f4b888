"""The table of the Signals panel: a row for each layer, and in each cell a number above a bar that shows its size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)

from app.insight.numbers import percent
from app.insight.signal_values import GUIDE, LayerSignal, number
from app.ui import scale, theme

HEADS = ("Layer", "Gradient", "Update ÷ weights", "Values", "At zero or at an end")
TIPS = (
    "In the order in which data flows",
    "Norm of the gradient of the loss by the weights of the layer. The bar goes by powers of ten: a tenth of the width "
    "of the column is not a tenth of the gradient",
    "How far one step changed the weights, next to their size. About 0.001 is good: the line marks it",
    "Mean ± standard deviation of all values that the layer gives",
    "Of a ReLU: units that give zero for every sample. Of sigmoid and tanh: values at one of the two ends",
)
GOOD = (1e-4, 1e-2)  # updates next to weights
WIDEST = (1e-6, 1.0)  # what the column of updates spans
DYING, SATURATED = 0.5, 0.8  # from these shares on a bar warns
_BAR = Qt.ItemDataRole.UserRole
WIDEST_NAME = 150
_WIDE = (92, 92, 132, 126, 128)


@dataclass(frozen=True)
class CellBar:
    """How far a bar goes, from 0 to 1, in which colour, and where a line marks what is good."""

    share: float
    role: str = "accent"
    mark: float | None = None


class SignalTable(QTreeWidget):
    """``chosen`` tells the path of the layer whose row is selected."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Layers")
        self.setRootIsDecorated(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # what tells sigmoids_1/fc from sigmoids_2/fc is at the end
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHeaderLabels(HEADS)
        for column, tip in enumerate(TIPS):
            self.headerItem().setToolTip(column, tip)
        head = self.header()
        head.setTextElideMode(Qt.TextElideMode.ElideRight)
        head.setStretchLastSection(True)
        head.setSectionsMovable(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._painter = _Delegate(self)
        self.setItemDelegate(self._painter)
        self.currentItemChanged.connect(lambda item, _: self.chosen.emit(item.text(0)) if item is not None else None)
        theme.notifier.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        """Give each column the room of its usual numbers and of its whole heading, in letters as large as they are."""
        for column, wide in enumerate(_WIDE):
            self.setColumnWidth(column, max(scale.letters_px(wide), self.header().sectionSizeHint(column)))
        self._fit_names()
        self.viewport().update()

    def _fit_names(self) -> None:
        names = (self._row(index).text(0) for index in range(self.topLevelItemCount()))
        wide = max(map(self.fontMetrics().horizontalAdvance, names), default=0) + scale.px(18)
        self.setColumnWidth(0, min(max(wide, scale.letters_px(_WIDE[0])), scale.letters_px(WIDEST_NAME)))

    def sizeHint(self) -> QSize:
        return QSize(sum(scale.letters_px(each) for each in _WIDE), scale.px(160))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale.letters_px(180), scale.px(60))

    def path(self) -> str:
        """The layer whose row is selected; empty if none is."""
        item = self.currentItem()
        return item.text(0) if item is not None else ""

    def select(self, path: str) -> None:
        """Select the row of this layer, if there is one."""
        for index in range(self.topLevelItemCount()):
            item = self.topLevelItem(index)
            if item is not None and item.text(0) == path and item is not self.currentItem():
                self.setCurrentItem(item)

    def show_layers(self, layers: Sequence[LayerSignal]) -> None:
        """Show these numbers; rows stay where the layers are the same ones."""
        paths = [layer.path for layer in layers]
        if paths != [self._row(index).text(0) for index in range(self.topLevelItemCount())]:
            before = self.path()
            self.clear()
            for path in paths:
                self.addTopLevelItem(QTreeWidgetItem([path]))
            learning = next((layer.path for layer in layers if layer.gradient is not None), paths[0] if paths else "")
            self.select(before if before in paths else learning)
            self._fit_names()
        found = [math.log10(layer.gradient) for layer in layers if layer.gradient]
        low, high = (min(found), max(found)) if found else (0.0, 0.0)
        low = min(low, high - 2)  # two powers of ten at least: nets in which all is well have bars of like lengths
        for index, layer in enumerate(layers):
            cells = (
                _gradient(layer, low, high),
                _update(layer),
                (_spread(layer), None),
                _ends(layer),
            )
            row = self._row(index)
            row.setToolTip(0, layer.path)
            for column, (text, bar) in enumerate(cells, 1):
                row.setText(column, text)
                row.setData(column, _BAR, bar)

    def _row(self, index: int) -> QTreeWidgetItem:
        item = self.topLevelItem(index)
        assert item is not None, "the rows were counted"
        return item


def _gradient(layer: LayerSignal, low: float, high: float) -> tuple[str, CellBar | None]:
    if layer.gradient is None:
        return "", None
    if layer.gradient == 0:
        return "0", CellBar(0.0)
    if not math.isfinite(layer.gradient):
        return "no number", CellBar(1.0, "error")
    share = 0.06 + 0.94 * (math.log10(layer.gradient) - low) / (high - low)
    return number(layer.gradient), CellBar(share)


def _update(layer: LayerSignal) -> tuple[str, CellBar | None]:
    if layer.gradient is None:
        return "", None
    if layer.update is None:
        return "after a step", None
    return number(layer.update), CellBar(
        along(layer.update), "ok" if GOOD[0] <= layer.update <= GOOD[1] else "warning", along(GUIDE)
    )


def along(update: float) -> float:
    """Where an update stands in its column, from 0 to 1, by powers of ten."""
    if not update > 0:
        return 0.0
    low, high = (math.log10(end) for end in WIDEST)
    return min(max((math.log10(update) - low) / (high - low), 0.0), 1.0)


def _spread(layer: LayerSignal) -> str:
    if layer.mean is None or layer.deviation is None:
        return ""
    return f"{number(layer.mean)} ± {number(layer.deviation)}"


def _ends(layer: LayerSignal) -> tuple[str, CellBar | None]:
    if layer.dead is not None:
        return f"{percent(layer.dead)} dead", CellBar(layer.dead, "warning" if layer.dead >= DYING else "accent")
    if layer.saturated is not None:
        role = "warning" if layer.saturated >= SATURATED else "accent"
        return f"{percent(layer.saturated)} saturated", CellBar(layer.saturated, role)
    return "", None


class _Delegate(QStyledItemDelegate):
    """Paints the bar below the number."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        bar = index.data(_BAR)
        if not isinstance(bar, CellBar):
            return
        place = QRectF(option.rect).adjusted(4, 0, -8, -2)
        height = max(2.0, scale.px(3))
        place.setTop(place.bottom() - height)
        painter.save()
        painter.fillRect(place, theme.color("border.soft"))
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        role = "selection.text" if chosen and bar.role == "accent" else bar.role
        filled = QRectF(place)
        filled.setWidth(max(place.width() * min(max(bar.share, 0.0), 1.0), 1.0 if bar.share > 0 else 0.0))
        painter.fillRect(filled, theme.color(role))
        if bar.mark is not None:
            x = place.left() + place.width() * bar.mark
            painter.setPen(QPen(theme.color("text"), 1))
            painter.drawLine(round(x), round(place.top()) - 2, round(x), round(place.bottom()))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width(), size.height() + scale.px(5))
