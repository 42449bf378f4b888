"""A strip above the canvas for what a person should know and can leave for later."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.ui import theme
from app.ui.labels import Icon, Tinted, button, icon_button


class Banner(QFrame):
    """Hidden until there is something to say; closed by its cross, or by ``clear``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self._icon = Icon("warning", "warning")
        self.text = Tinted("", "text", wrap=True)
        self._pressed: Callable[[], object] = self.clear
        self.action = button("Show", "Show more", lambda: self._pressed())
        self.close_button = icon_button("close", "Close this message", self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 6, 5)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.action)
        row.addWidget(self.close_button)
        theme.notifier.changed.connect(self._dress)
        self._dress()
        self.hide()

    def say(self, text: str, words: str = "", pressed: Callable[[], object] | None = None) -> None:
        """Show a sentence, with a button if ``words`` names one."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.action.setText(words)
        self.action.setAccessibleName(words)
        self.action.setToolTip(words)
        self.action.setVisible(bool(words))
        self._pressed = pressed if pressed is not None else self.clear
        self.show()

    def clear(self) -> None:
        """Hide the strip."""
        self.hide()
        self._pressed = self.clear

    def _dress(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.mixed(theme.color("panel"), theme.color("warning"), 0.14))
        self.setPalette(palette)
