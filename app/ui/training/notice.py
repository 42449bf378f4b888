"""A strip above the canvas that offers what a net has learned before. It never asks: whoever does not care draws on."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QHideEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout

from app.ui import scale, theme
from app.ui.banner import LEAST_WIDTH
from app.ui.labels import Icon, Tinted, button, icon_button

_NARROW = 560  # below this the buttons stand under the words
_NARROWER = 320  # and below this under each other


class Notice(QFrame):
    """Hidden until there is something to offer. ``closed`` tells that its cross was pressed."""

    taken = Signal()
    second = Signal()
    closed = Signal()
    gone = Signal()  # its room is free again

    def __init__(
        self,
        words: str = "Bring it back",
        tip: str = "Show its curves, filters and accuracy again",
        close_tip: str = "Do not offer this training again",
        name: str = "TrainedBefore",
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAutoFillBackground(True)
        self.text = Tinted("", "text", wrap=True)
        self.action = button(words, tip, self.taken.emit)
        self.other = button("All runs…", "Every run that was kept", self.second.emit)
        self.close_button = icon_button("close", close_tip, self.closed.emit)
        buttons = self._buttons = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        buttons.setSpacing(8)
        buttons.addWidget(self.action)
        buttons.addWidget(self.other)
        buttons.addStretch(1)
        self._inner = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._inner.setSpacing(6)
        self._inner.addWidget(self.text, 1)
        self._inner.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 6, 5)
        row.setSpacing(8)
        column = QVBoxLayout()  # the cross stays at the top, however many lines there are
        column.addWidget(self.close_button)
        column.addStretch(1)
        row.addWidget(Icon("chart", "accent"))
        row.addLayout(self._inner, 1)
        row.addLayout(column)
        theme.notifier.changed.connect(self._dress)
        self._dress()
        self.hide()

    def offer(self, text: str, second: str = "", tip: str = "") -> None:
        """Show a sentence, with a further button if ``second`` names one."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.other.setText(second)
        self.other.setAccessibleName(second)
        self.other.setToolTip(tip)
        self.other.setVisible(bool(second))
        self.show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.gone.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        ways = QBoxLayout.Direction
        for layout, least in ((self._inner, _NARROW), (self._buttons, _NARROWER)):
            narrow = self.width() < scale.letters_px(least)
            layout.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)

    def minimumSizeHint(self) -> QSize:
        """Never what keeps a window from becoming narrow."""
        return QSize(scale.px(LEAST_WIDTH), super().minimumSizeHint().height())

    def _dress(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.mixed(theme.color("panel"), theme.color("accent"), 0.14))
        self.setPalette(palette)
        self._arrange()
