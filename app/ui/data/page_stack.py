"""Pages of which one is seen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from app.ui.labels import TintedLabel
from app.ui.layouts import Piece, column


class PageStack(QStackedWidget):
    """Needs the room of the page that is seen, and not that of the largest one."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(self._another)

    def sizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.sizeHint() if page is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.minimumSizeHint().expandedTo(page.minimumSize()) if page is not None else super().minimumSizeHint()

    def _another(self, _: int) -> None:
        self.updateGeometry()


class PageOrSentence(PageStack):
    """A page, or a sentence in its place with these parts below."""

    def __init__(self, page: QWidget, *below: Piece) -> None:
        super().__init__()
        self.message = TintedLabel("", "text", wrap=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        nothing = QWidget()
        column(1, self.message, *below, 1, of=nothing, spacing=8)
        self.addWidget(nothing)
        self.addWidget(page)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

    def say(self, sentence: str) -> None:
        """Show a sentence, or the page for an empty one."""
        if sentence:
            self.message.setText(sentence)
        self.setCurrentIndex(0 if sentence else 1)
