"""Fields over the canvas in which a title or the words of a note are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.core.graph.frames import LONGEST_TITLE

Done = Callable[[str | None], None]  # hears the text; None if it was taken back
_Field = TypeVar("_Field", bound=QWidget)
_HINT = "Words in Markdown: # heading, **bold**, - list"
_TIP = "Ctrl+Enter or a click elsewhere keeps the words, Escape takes them back"
_TITLE_TIP = "Enter or a click elsewhere keeps the title, Escape takes it back"


class _Ending:
    """Says once how the writing ended."""

    def __init__(self, done: Done) -> None:
        self._done: Done | None = done
        self.menu_open = False

    def end(self, text: str | None) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(text)


class TitleField(QLineEdit):
    """A title in one line."""

    def __init__(self, parent: QWidget, text: str, done: Done) -> None:
        super().__init__(text, parent)
        self._ending = _Ending(done)
        self.setMaxLength(LONGEST_TITLE)
        self.setAccessibleName("Title of the frame")
        self.setPlaceholderText("Title")
        self.setToolTip(_TITLE_TIP)
        self.selectAll()

    def keep(self) -> None:
        """End with what is written."""
        self._ending.end(self.text())

    def discard(self) -> None:
        """End as if nothing had been written."""
        self._ending.end(None)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            return _override(self, event) or super().event(event)
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.discard()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.keep()
        else:
            super().keyPressEvent(event)
        event.accept()  # what the field has no use for is no order to the canvas below it

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._ending.menu_open = True
        super().contextMenuEvent(event)
        self._ending.menu_open = False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not self._ending.menu_open:
            self.keep()


class WordsField(QPlainTextEdit):
    """The words of a note, as they are written and not as they look."""

    def __init__(self, parent: QWidget, text: str, done: Done) -> None:
        super().__init__(text, parent)
        self._ending = _Ending(done)
        self.setAccessibleName("Words of the note")
        self.setAccessibleDescription(f"{_HINT}. {_TIP}.")
        self.setPlaceholderText(f"{_HINT}\n{_TIP}")
        self.setToolTip(f"{_HINT}.\n{_TIP}.")
        self.setTabChangesFocus(True)
        cursor = self.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.setTextCursor(cursor)

    def keep(self) -> None:
        """End with what is written."""
        self._ending.end(self.toPlainText())

    def discard(self) -> None:
        """End as if nothing had been written."""
        self._ending.end(None)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            return _override(self, event) or super().event(event)
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape:
            self.discard()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and ctrl:
            self.keep()
        else:
            super().keyPressEvent(event)
        event.accept()  # what the field has no use for is no order to the canvas below it

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._ending.menu_open = True
        super().contextMenuEvent(event)
        self._ending.menu_open = False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not self._ending.menu_open:
            self.keep()


def _override(field: TitleField | WordsField, event: QKeyEvent) -> bool:
    """Escape ends the writing and nothing else, the keys of the canvas wait; saving takes what has been written."""
    canvas = field.parentWidget()
    keys = QKeySequence(event.keyCombination())
    waiting = canvas is not None and any(keys in action.shortcuts() for action in canvas.actions())
    if event.key() == Qt.Key.Key_Escape or waiting:
        event.accept()
        return True
    if event.matches(QKeySequence.StandardKey.Save) or event.matches(QKeySequence.StandardKey.SaveAs):
        field.keep()
    return False


def place(field: _Field, box: QRectF, least: tuple[int, int], letters: QFont | None = None) -> _Field:
    """Put a field over ``box`` (pixels of its parent), inside of the parent and not smaller than ``least``."""
    parent = field.parentWidget()
    assert parent is not None
    if letters is not None:
        field.setFont(letters)
    width = min(max(round(box.width()), least[0]), parent.width() - 8)
    height = min(max(round(box.height()), least[1]), parent.height() - 8)
    x = max(4, min(round(box.x()), parent.width() - width - 4))
    y = max(4, min(round(box.y()), parent.height() - height - 4))
    field.setGeometry(x, y, width, height)
    field.show()
    field.raise_()
    field.setFocus(Qt.FocusReason.OtherFocusReason)
    return field
