"""A text whose letters are coloured by how likely the net held each; the other candidates stand in the tooltip."""

from __future__ import annotations

from bisect import bisect_right

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent, QTextCharFormat
from PySide6.QtWidgets import QTextEdit, QToolTip

from app.training.writing.film import FilmFrame
from app.ui import theme
from nodes.api.words import per_cent

_STRONGEST = 0.55  # of the colour behind a letter that the net held for impossible
_SIGNS = {"\n": "the end of a line", " ": "a blank", "\t": "a tab", "\\n": "the end of a line", "\\t": "a tab"}


class TextPage(QTextEdit):
    """Read only; can be selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAccessibleName("Text that the network writes")
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setMouseTracking(True)
        self._frame: FilmFrame | None = None
        self._prompt = ""
        self._begins: list[int] = []  # where each piece begins in the document
        theme.notifier.changed.connect(self._paint)

    def show_text(self, prompt: str, frame: FilmFrame) -> None:
        """Show the prompt, plain, and behind it what was written."""
        if (prompt, frame) == (self._prompt, self._frame):
            return
        self._prompt, self._frame = prompt, frame
        self._paint()

    def clear_text(self) -> None:
        """Show nothing."""
        self._frame, self._begins = None, []
        self.clear()

    @property
    def shown(self) -> FilmFrame | None:
        """What is shown."""
        return self._frame

    def _paint(self) -> None:
        if self._frame is None:
            return
        at = self.verticalScrollBar().value()
        self.clear()
        cursor = self.textCursor()
        plain = QTextCharFormat()
        plain.setForeground(theme.color("text.soft"))
        cursor.insertText(self._prompt, plain)
        self._begins = []
        for piece, probability in zip(self._frame.pieces, self._frame.probabilities):
            self._begins.append(cursor.position())
            marked = QTextCharFormat()
            marked.setForeground(theme.color("text"))
            marked.setBackground(shade(probability))
            cursor.insertText(piece, marked)
        self.verticalScrollBar().setValue(at)

    def piece_at(self, point: QPoint) -> int | None:
        """The number of the piece below a point of the viewport; None where there is none."""
        cursor = self.cursorForPosition(point)
        caret = self.cursorRect(cursor)
        position = cursor.position() - (point.x() < caret.center().x())  # the caret stands between two letters
        near = caret.top() <= point.y() <= caret.bottom() and abs(point.x() - caret.center().x()) <= caret.height()
        if not near or not self._begins or position < self._begins[0]:
            return None
        return bisect_right(self._begins, position) - 1

    def told(self, number: int) -> str:
        """What is known of a piece: its probability, and what else could have stood there."""
        assert self._frame is not None
        piece = self._frame.pieces[number]
        rows = [f"{named(piece)}: {per_cent(self._frame.probabilities[number], 1)}"]
        rows += [f"   {named(word)} {per_cent(chance, 1)}" for word, chance in self._frame.others[number]]
        return "\n".join([rows[0], "The likeliest here:", *rows[1:]])

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self.piece_at(event.pos())
            QToolTip.showText(event.globalPos(), self.told(number) if number is not None else "", self.viewport())
            return True
        return super().viewportEvent(event)


def shade(probability: float) -> QColor:
    """What stands behind a letter of that probability: nothing behind one that was sure."""
    found = QColor(theme.color("warning"))
    found.setAlphaF(_STRONGEST * (1 - min(1.0, max(0.0, probability))))
    return found


def named(word: str) -> str:
    """A letter as it is called in a list."""
    plain = word.strip(" ") or word
    return _SIGNS.get(word) or _SIGNS.get(plain) or f"“{plain}”"
