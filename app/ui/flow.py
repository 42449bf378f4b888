"""A layout like words in a text: side by side, and on a further row where there is no room left."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Rows from the left, each item as wide as it asks for, and no wider than the layout."""

    def __init__(self, parent: QWidget | None = None, spacing: int = 6) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._crowded = False
        self.setSpacing(spacing)
        self.setContentsMargins(0, 0, 0, 0)

    def crowd(self, crowded: bool) -> None:
        """Keep to one row, in which the items share the room, as where there is no height for more."""
        if crowded != self._crowded:
            self._crowded = crowded
            self.invalidate()

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, area: QRect) -> None:
        super().setGeometry(area)
        self._place(area, move=True)

    def sizeHint(self) -> QSize:
        """All in one row."""
        hints = [item.sizeHint() for item in self._items]
        width = sum(hint.width() for hint in hints) + self.spacing() * max(len(hints) - 1, 0)
        return QSize(width, max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> QSize:
        """One below the other, each as narrow as it can be."""
        least = QSize(0, 0)
        for item in self._items:
            least = least.expandedTo(item.minimumSize())
        return least

    def _place(self, area: QRect, *, move: bool) -> int:
        """Put the items into rows; the height that this takes."""
        x = y = height = 0
        row: list[tuple[QLayoutItem, QRect]] = []
        count = len(self._items)
        most = (area.width() - self.spacing() * (count - 1)) // count if self._crowded and count else area.width()
        for item in self._items:
            if item.isEmpty():  # hidden, and no gap stands for it
                continue
            hint = item.sizeHint()
            width = min(hint.width(), most)
            if x and x + width > area.width():
                _settle(row, height, move)
                x, y, height = 0, y + height + self.spacing(), 0
                row = []
            row.append((item, QRect(area.x() + x, area.y() + y, width, hint.height())))
            x, height = x + width + self.spacing(), max(height, hint.height())
        _settle(row, height, move)
        return y + height


def _settle(row: list[tuple[QLayoutItem, QRect]], height: int, move: bool) -> None:
    """Put the items of a row at their places, lower ones in its middle."""
    for item, place in row if move else ():
        item.setGeometry(place.translated(0, (height - place.height()) // 2))


class FlowPanel(QWidget):
    """A panel with a ``FlowLayout`` of buttons: as high as the rows are into which these fall at the present width. In
    less room it scrolls."""

    def minimumSizeHint(self) -> QSize:
        least, layout = super().minimumSizeHint(), self.layout()
        if layout is None or not self.isVisible():
            return least
        return QSize(least.width(), max(least.height(), layout.minimumHeightForWidth(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.updateGeometry()
