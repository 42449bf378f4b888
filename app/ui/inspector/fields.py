"""Fields for words: the name of a layer, notes, titles."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QWidget

from app.core.graph.names import why_illegal
from app.ui import theme
from app.ui.inspector.boxes import UndoBelongsToTheDrawing, drawing_undoes
from app.ui.labels import Remark, label_of

NAME_WIDTH = 78  # at least, so that the fields of most layers stand below each other


def named(word: str, field: QWidget, tip: str = "") -> QLabel:
    """The word before a field."""
    label = label_of(field, word, tip)
    label.setMinimumWidth(NAME_WIDTH)
    return label


class NameField(QLineEdit):
    """The name of a layer, block or setting. It counts when Enter is pressed or the field is left; Escape takes it
    back. ``why`` says why a name cannot be one of these; ``hint``, to be placed below the field, shows that. ``done``
    tells that Enter or Escape ended the naming."""

    renamed = Signal(str)
    done = Signal()

    def __init__(
        self,
        word: str = "layer",
        tip: str = "The layer's name, also in the code (F2). Letters, digits and _; it begins with a letter.",
        why: Callable[[str], str | None] = why_illegal,
    ) -> None:
        super().__init__()
        self.setAccessibleName(f"Name of the {word}")
        self.hint = Remark("error")
        self.hint.setParent(self)  # until it is put into a layout
        self.setToolTip(tip)
        self._word = word
        self._why = why
        self._name = ""
        self._taken: frozenset[str] = frozenset()
        self.textEdited.connect(lambda text: self.hint.say(self._why_not(text)))
        self.editingFinished.connect(self._finish)

    def show_name(self, name: str, taken: frozenset[str]) -> None:
        """Show the layer's name. What is being typed stays, unless the layer is another one now."""
        self._taken = taken
        if name != self._name or not self.hasFocus():
            self._name = name
            if self.text() != name:
                self.setText(name)
                self.setCursorPosition(0)  # of a name that is too long the beginning says more than the end
            self.hint.say("")

    def _why_not(self, text: str) -> str:
        if text == self._name:
            return ""
        if text in self._taken:
            return f"There is already a {self._word} named {text}."
        return self._why(text) or ""

    def _finish(self) -> None:
        text = self.text()
        if text != self._name and not self._why_not(text):
            self._name = text  # a field that is hidden by what follows is left once more, and must not tell it again
            self.renamed.emit(text)
        elif text != self._name:
            self._take_back()

    def _take_back(self) -> None:
        self.setText(self._name)
        self.hint.say("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._take_back()
            self.done.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._why_not(self.text()):
            event.accept()  # the words stay with the sentence that says why, to be mended; they do not just vanish
        else:
            super().keyPressEvent(event)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.done.emit()


class TextField(QLineEdit):
    """One line of free text."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tip)
        drawing_undoes(self)

    def show_text(self, text: str) -> None:
        """Show a text; a cursor in the same text stays where it is."""
        if self.text() != text:
            self.setText(text)  # emits textChanged, but not textEdited, which is what counts as an edit


class NoteField(QPlainTextEdit):
    """A few lines of free text. ``edited`` carries what a person typed."""

    edited = Signal(str)

    def __init__(self, name: str, tip: str, lines: int, placeholder: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setPlaceholderText(placeholder or tip)
        self.setTabChangesFocus(True)
        # The font has the scale of the interface already, and sizes are written for 100 %.
        self.setFixedHeight(round(self.fontMetrics().lineSpacing() * lines / theme.scale()) + 18)
        self.installEventFilter(UndoBelongsToTheDrawing(self))
        self.textChanged.connect(lambda: self.edited.emit(self.toPlainText()))

    def show_text(self, text: str) -> None:
        """Show a text; a cursor in the same text stays where it is."""
        if self.toPlainText() != text:
            with QSignalBlocker(self):
                self.setPlainText(text)
