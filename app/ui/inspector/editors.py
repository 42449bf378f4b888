"""One editor for each kind of setting. An editor knows its declaration and its value, and nothing of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.ui.inspector.boxes import DIFFERENT, CalmCombo, TriCheck
from app.ui.inspector.editor import Editor, sentence
from app.ui.inspector.given_editor import GivenEditor
from app.ui.inspector.lists import AssignmentsEditor, NamesEditor, NumbersEditor, SeveralEditor, SizesEditor, TextEditor
from app.ui.inspector.numbers import NumberEditor, SidesEditor, WordedEditor
from app.ui.inspector.paths import FileEditor
from nodes.api import (
    Assignments,
    Choice,
    Columns,
    File,
    Float,
    Int,
    Names,
    Numbers,
    Param,
    Several,
    Sides,
    Sizes,
    Switch,
    Text,
)
from nodes.api.given import Given

__all__ = ["Editor", "editor_for", "sentence"]


class _SwitchEditor(Editor):
    """Yes or no."""

    def __init__(self, param: Switch) -> None:
        super().__init__(param)
        self.box = TriCheck()
        self.box.checkStateChanged.connect(self._say)
        self.box.decided.connect(self.edited.emit)
        self._row.addWidget(self.box, 1)

    def fields(self) -> tuple[QWidget, ...]:
        return (self.box,)

    def show_value(self, value: Any) -> None:
        self.box.show_values((value,))
        self._say(self.box.checkState())

    def show_different(self, values: Sequence[Any]) -> None:
        self.box.show_values((True, False))
        self._say(self.box.checkState())

    def _say(self, state: Qt.CheckState) -> None:
        self.box.setText({Qt.CheckState.Checked: "yes", Qt.CheckState.Unchecked: "no"}.get(state, DIFFERENT))


class _ChoiceEditor(Editor):
    """One of a few words."""

    def __init__(self, param: Choice) -> None:
        super().__init__(param)
        self.combo = CalmCombo()
        self.combo.addItems(param.options)
        self.combo.currentTextChanged.connect(lambda text: self.edited.emit(text) if text else None)
        self._row.addWidget(self.combo, 1)

    def fields(self) -> tuple[QWidget, ...]:
        return (self.combo,)

    def show_value(self, value: Any) -> None:
        if self.combo.currentText() != value:
            self.combo.show_word(value)

    def show_different(self, values: Sequence[Any]) -> None:
        self.combo.show_different()


def editor_for(param: Param) -> Editor:
    """The editor for a setting of this kind.

    Raises:
        TypeError: for a kind of setting that no editor knows; a test asks for every kind there is.
    """
    match param:
        case Int() | Sides() if param.zero or param.words:
            return WordedEditor(param)
        case Int() | Float():
            return NumberEditor(param)
        case Sides():
            return SidesEditor(param)
        case Switch():
            return _SwitchEditor(param)
        case Choice():
            return _ChoiceEditor(param)
        case Sizes():
            return SizesEditor(param)
        case Numbers():
            return NumbersEditor(param)
        case Names():
            return NamesEditor(param)
        case Several():
            return SeveralEditor(param)
        case Assignments() | Columns():
            return AssignmentsEditor(param)
        case File():
            return FileEditor(param)
        case Given():
            return GivenEditor(param)
        case Text():
            return TextEditor(param)
    raise TypeError(f"There is no editor for settings of the kind {type(param).__name__}.")
