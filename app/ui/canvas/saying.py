"""A sentence that stands where the hand is for a while, such as why a wire was refused."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.canvas.bubble import paint_bubble

_LEAST_MS, _MS_PER_LETTER = 2500, 45  # long enough to be read once
_FAR = 160.0  # pixels; a hand that is so far away has gone on to something else


class Saying(QObject):
    """One sentence over a canvas. It goes after a while, and as soon as the hand does something else."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.text = ""
        self.at = QPointF()  # in pixels of the canvas
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.end)

    def say(self, at: QPointF, text: str) -> None:
        """Show ``text`` beside a point of the canvas."""
        self.at, self.text = QPointF(at), text
        self._timer.start(_LEAST_MS + _MS_PER_LETTER * len(text))
        self._canvas.update()

    def end(self) -> None:
        """Take the sentence away."""
        if self.text:
            self.text = ""
            self._timer.stop()
            self._canvas.update()

    def follow(self, pointer: QPointF) -> None:
        """Take it away if the hand has gone on."""
        if self.text and (pointer - self.at).manhattanLength() > _FAR:
            self.end()

    def paint(self, painter: QPainter) -> None:
        """Draw the sentence, if there is one."""
        if self.text:
            paint_bubble(painter, self._canvas.size(), self.at, self.text, theme.color("wire.error"))
