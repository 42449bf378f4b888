"""Strips above the canvas, and the one for what a person should know and can leave for later."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.ui import scale, theme
from app.ui.labels import Icon, TintedLabel, eliding_button, icon_button
from app.ui.layouts import row, turn

LEAST_WIDTH = 100  # pixels at 100 %
_NARROW = 420  # below this the button stands under the words


class Strip(QFrame):
    """Hidden until there is something to say. ``gone`` tells that its room is free again.

    ``role`` is the colour of the theme that tints its ground.
    """

    gone = Signal()

    def __init__(self, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = role
        self.setAutoFillBackground(True)
        theme.notifier.changed.connect(self._dress)
        self._dress()
        self.hide()

    def arrange(self) -> None:
        """Place the parts in the present width; letters may have become larger, too."""

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.gone.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def minimumSizeHint(self) -> QSize:
        """Never what keeps a window from becoming narrow."""
        return QSize(scale.px(LEAST_WIDTH), super().minimumSizeHint().height())

    def _dress(self) -> None:
        theme.give_ground(self, theme.mixed(theme.color("panel"), theme.color(self._role), 0.14))
        if self.layout() is not None:
            self.arrange()


class Banner(Strip):
    """What should be known; closed by its cross, or by ``clear``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("warning", parent)
        self._icon = Icon("warning", "warning")
        self.text = TintedLabel("", "text", wrap=True)
        self._pressed: Callable[[], object] = self.clear
        self.action = eliding_button("Show", "Show more", lambda: self._pressed())
        self.close_button = icon_button("close", "Close this message", self.clear)
        self._inner = row((self.text, 1), self.action, spacing=6)
        self._inner.setAlignment(self.action, Qt.AlignmentFlag.AlignLeft)  # else the words get no more width than it
        whole = row(self._icon, (self._inner, 1), self.close_button, of=self, margins=(10, 5, 6, 5), spacing=8)
        for each in (self._icon, self.close_button):
            whole.setAlignment(each, Qt.AlignmentFlag.AlignTop)

    def arrange(self) -> None:
        turn(self._inner, self.width() < scale.letters_px(_NARROW))

    def say(
        self, text: str, words: str = "", pressed: Callable[[], object] | None = None, *, result: bool = False
    ) -> None:
        """Show a sentence, with a button if ``words`` names one. ``result``: it is no warning, but what came out."""
        self._role = "accent" if result else "warning"
        self._icon.show_icon("info" if result else "warning", self._role)
        self._dress()
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
