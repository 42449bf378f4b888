"""A quiet heading that opens and closes what stands below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton

from app.ui.icons import put


class Fold(QToolButton):
    """Says in a few words what is folded away, if it is not as usual. ``turned`` tells whether it is open now."""

    turned = Signal(bool)

    def __init__(self, title: str, short: str, about: str, is_open: bool) -> None:
        super().__init__()
        self._title = title
        self._short = short
        self._about = about
        self.is_open = is_open
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(12, 12))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setStyleSheet("QToolButton { padding: 2px 0; text-align: left; }")
        self.clicked.connect(self._turn)
        self.show_summary(())

    def show_summary(self, words: Sequence[str]) -> None:
        """Show what differs from the usual."""
        self.setText(f"{self._short}: {', '.join(words)}" if words and not self.is_open else self._title)
        put(self, "chevron-down" if self.is_open else "chevron-right", "text.soft")
        tip = f"{'Hide' if self.is_open else 'Show'} {self._about}"
        self.setToolTip(tip)
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(tip)

    def _turn(self) -> None:
        self.is_open = not self.is_open
        self.turned.emit(self.is_open)
