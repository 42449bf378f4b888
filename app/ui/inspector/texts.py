"""The editor for a line of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.inspector.boxes import DIFFERENT, drawing_undoes
from app.ui.inspector.editor import Editor
from nodes.api import Text


class TextEditor(Editor):
    """One line. It counts when Enter is pressed or the field is left."""

    def __init__(self, param: Text) -> None:
        super().__init__(param)
        self.line = QLineEdit()
        self.line.setMinimumWidth(60)
        self.line.setMaxLength(param.most)
        drawing_undoes(self.line)
        self._value: str | None = ""  # None while there are several that differ
        self.line.textEdited.connect(lambda text: self.hinted.emit(self.refusal(text)))
        self.line.editingFinished.connect(self._finished)
        self._row.addWidget(self.line, 1)

    def fields(self) -> tuple[QWidget, ...]:
        return (self.line,)

    def show_value(self, value: Any) -> None:
        self.line.setPlaceholderText("")
        self._value = str(value)
        if self.line.text() != self._value:
            self.line.setText(self._value)

    def show_different(self, values: Sequence[Any]) -> None:
        self._value = None
        self.line.setPlaceholderText(DIFFERENT)
        self.line.clear()

    def _finished(self) -> None:
        text = self.line.text()
        if text != (self._value or "") and not self.refusal(text):
            self._value = text
            self.edited.emit(text)
