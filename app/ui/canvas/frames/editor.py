"""Fields over the canvas in which a title or the words of a note are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from app.core.graph.frames import LONGEST_TITLE

Done = Callable[[str | None], None]  # hears the text; None if it was taken back
_Field = TypeVar("_Field", bound=QWidget)
_HINT = "Words in Markdown: # heading, **bold**, - list"
_TIP = "Ctrl+Enter or a click elsewhere keeps the words, Escape takes them back"
_TITLE_TIP = "Enter or a click elsewhere keeps the title, Escape takes it back"

# A second QWidget among the bases of a widget crashes; only the type checker is told that this will be one.
if TYPE_CHECKING:
    _Base = QWidget
else:
    _Base = object


class _FieldOverCanvas(_Base):
    """What both fields have in common: writing ends once, kept or taken back, and its keys are not the canvas's.

    Stands before a field of Qt in the list of bases, so that ``super()`` leads on to that.
    """

    done: Done | None = None
    menu_open = False

    def written(self) -> str:
        """What stands in the field now."""
        raise NotImplementedError(f"{type(self).__name__} must tell what is written")

    def keeps(self, event: QKeyEvent) -> bool:
        """Whether the Enter key that was pressed ends the writing."""
        raise NotImplementedError(f"{type(self).__name__} must tell which Enter ends it")

    def keep(self) -> None:
        """End with what is written."""
        self._end(self.written())

    def discard(self) -> None:
        """End as if nothing had been written."""
        self._end(None)

    def _end(self, text: str | None) -> None:
        done, self.done = self.done, None
        if done is not None:
            done(text)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._overrides(event):
            event.accept()
            return True
        return super().event(event)

    def _overrides(self, event: QKeyEvent) -> bool:
        """Escape ends the writing and nothing else, the keys of the canvas wait; saving takes what has been written."""
        canvas = self.parentWidget()
        keys = QKeySequence(event.keyCombination())
        waiting = canvas is not None and any(keys in action.shortcuts() for action in canvas.actions())
        if event.key() == Qt.Key.Key_Escape or waiting:
            return True
        if event.matches(QKeySequence.StandardKey.Save) or event.matches(QKeySequence.StandardKey.SaveAs):
            self.keep()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.discard()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.keeps(event):
            self.keep()
        else:
            super().keyPressEvent(event)
        event.accept()  # what the field has no use for is no order to the canvas below it

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_open = True
        super().contextMenuEvent(event)
        self.menu_open = False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not self.menu_open:
            self.keep()


class TitleField(_FieldOverCanvas, QLineEdit):
    """A title in one line."""

    def __init__(self, parent: QWidget, text: str, done: Done) -> None:
        super().__init__(parent)
        self.done = done
        self.setText(text)
        self.setMaxLength(LONGEST_TITLE)
        self.setAccessibleName("Title of the frame")
        self.setPlaceholderText("Title")
        self.setToolTip(_TITLE_TIP)
        self.selectAll()

    def written(self) -> str:
        return self.text()

    def keeps(self, event: QKeyEvent) -> bool:
        return True


class WordsField(_FieldOverCanvas, QPlainTextEdit):
    """The words of a note, as they are written and not as they look."""

    def __init__(self, parent: QWidget, text: str, done: Done) -> None:
        super().__init__(parent)
        self.done = done
        self.setPlainText(text)
        self.setAccessibleName("Words of the note")
        self.setAccessibleDescription(f"{_HINT}. {_TIP}.")
        self.setPlaceholderText(f"{_HINT}\n{_TIP}")
        self.setToolTip(f"{_HINT}.\n{_TIP}.")
        self.setTabChangesFocus(True)
        cursor = self.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.setTextCursor(cursor)

    def written(self) -> str:
        return self.toPlainText()

    def keeps(self, event: QKeyEvent) -> bool:
        return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


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
