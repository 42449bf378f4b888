"""Where we are: the drawing, and the blocks that were entered, each a way back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QToolButton, QWidget

from app.core.graph.model import MAIN
from app.ui import icons, scale, theme
from app.ui.canvas.overlay import dress, empty
from app.ui.layouts import row


class Breadcrumbs(QFrame):
    """Shown only inside a block. ``asked`` carries the graph to go to."""

    asked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("Crumbs")
        self._row = row(of=self, margins=(4, 2, 8, 2), spacing=2)
        self._parts: list[QWidget] = []
        self.hide()

    def show_path(self, title: str, path: Sequence[str], way: Sequence[str] = ()) -> None:
        """Show the way from the drawing (``title``) into the last block of ``path``, which were entered as the nodes
        ``way`` if that is known."""
        empty(self._row, self._parts)
        self.setVisible(bool(path))
        if not path:
            return
        dress(self, radius=6)
        places = [MAIN, *path]
        names = [title, *(f"{node}: {block}" for node, block in zip(way, path))] if way else [title, *path]
        for index, (where, words) in enumerate(zip(places, names, strict=True)):
            here = index == len(places) - 1
            self._add(QLabel(f"<b>{words}</b>", self) if here else self._button(words, where))
            if index < len(places) - 1:
                arrow = QLabel(self)
                tint = theme.color("text.soft")
                arrow.setPixmap(icons.pixmap("chevron-right", scale.px(12), tint, self.devicePixelRatioF()))
                self._add(arrow)
        self.adjustSize()
        self.move(10, 10)
        self.raise_()

    def _button(self, words: str, where: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(words)
        button.setToolTip(f"Back to {words}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.asked.emit(where))
        return button

    def _add(self, part: QWidget) -> None:
        self._parts.append(part)
        self._row.addWidget(part)
        part.show()
