"""A strip above the canvas that offers what a net has learned before. It never asks: whoever does not care draws on."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.ui import scale
from app.ui.banner import Strip
from app.ui.labels import Icon, TintedLabel, button, icon_button
from app.ui.layouts import column, row, turn

_NARROW = 560  # below this the buttons stand under the words
_NARROWER = 320  # and below this under each other


class Notice(Strip):
    """Something that is offered. ``closed`` tells that its cross was pressed."""

    taken = Signal()
    second = Signal()
    closed = Signal()

    def __init__(
        self,
        words: str = "Bring it back",
        tip: str = "Show its curves, filters and results again",
        close_tip: str = "Do not offer this training again",
        name: str = "TrainedBefore",
        icon: str = "chart",
    ) -> None:
        super().__init__("accent")
        self.setObjectName(name)
        self.text = TintedLabel("", "text", wrap=True)
        self.action = button(words, tip, self.taken.emit)
        self.other = button("All runs…", "Every run that was kept", self.second.emit)
        self.close_button = icon_button("close", close_tip, self.closed.emit)
        self._buttons = row(self.action, self.other, 1, spacing=8)
        self._inner = row((self.text, 1), self._buttons, spacing=6)
        side = column(self.close_button, 1)  # the cross stays at the top, however many lines there are
        row(Icon(icon, "accent"), (self._inner, 1), side, of=self, margins=(10, 5, 6, 5), spacing=8)

    def name_action(self, words: str, tip: str) -> None:
        """Give the first button other words; without any it is hidden."""
        self.action.setText(words)
        self.action.setAccessibleName(words)
        self.action.setToolTip(tip)
        self.action.setVisible(bool(words))

    def offer(self, text: str, second: str = "", tip: str = "") -> None:
        """Show a sentence, with a further button if ``second`` names one."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.other.setText(second)
        self.other.setAccessibleName(second)
        self.other.setToolTip(tip)
        self.other.setVisible(bool(second))
        self.show()

    def arrange(self) -> None:
        for layout, least in ((self._inner, _NARROW), (self._buttons, _NARROWER)):
            turn(layout, self.width() < scale.letters_px(least))
