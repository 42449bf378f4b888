"""What the pages of the inspector have in common."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QWidget

from app.ui import icons, scale, theme
from app.ui.layouts import Piece, column, row
from app.ui.qdocument import QDocument

_SIDE = 26


class Page(QWidget):
    """Parts below each other. ``named`` tells that a key ended the naming of something."""

    named = Signal()

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument

    def fit(self, room: int) -> None:
        """The page is as wide as this now, in pixels."""

    def lay(self, *parts: Piece) -> None:
        """Put these below each other, with the empty room at the end."""
        column(*parts, 1, of=self, margins=(10, 8, 10, 10), spacing=5)


class Scroll(QScrollArea):
    """The place of a page, which scrolls where the page is longer."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self.setWidgetResizable(True)
        self.setWidget(page)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._page.fit(self.viewport().width())


class FamilyTile(QLabel):
    """The coloured icon of a category of layers; it follows the theme."""

    def __init__(self, category: str) -> None:
        super().__init__()
        self.setFixedSize(_SIDE, _SIDE)
        theme.notifier.changed.connect(self._dress)
        self.show_category(category)

    def show_category(self, category: str) -> None:
        """Show the icon of another category."""
        self._category = category
        self._dress()

    def _dress(self) -> None:
        side = scale.px(_SIDE)
        self.setPixmap(icons.family(self._category).pixmap(side, side))

    def beside(self, *words: QWidget) -> QHBoxLayout:
        """The tile, with these below each other at its side."""
        head = row(self, (column(*words, spacing=3), 1), spacing=8)
        head.setAlignment(self, Qt.AlignmentFlag.AlignTop)
        return head
