"""One editor for each kind of setting. An editor knows its declaration and its value, and nothing of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QWidget

from app.ui.inspector.boxes import DIFFERENT, CalmCombo
from app.ui.inspector.editor import Editor, sentence
from app.ui.inspector.lists import NamesEditor, NumbersEditor, SizesEditor
from app.ui.inspector.numbers import NumberEditor, SidesEditor, WordedEditor
from app.ui.inspector.paths import FileEditor
from app.ui.inspector.texts import TextEditor
from app.ui.inspector.zero import ZeroEditor
from nodes.api import Choice, File, Float, Int, Names, Numbers, Param, Sides, Sizes, Switch, Text

__all__ = ["Editor", "editor_for", "sentence"]


class _SwitchEditor(Editor):
    """Yes or no."""

    def __init__(self, param: Switch) -> None:
        super().__init__(param)
        self.box = QCheckBox()
        self.box.checkStateChanged.connect(self._changed)
        self._row.addWidget(self.box, 1)

    def fields(self) -> tuple[QWidget, ...]:
        return (self.box,)

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.box):
            self.box.setTristate(False)
            self.box.setChecked(value)
        self._say()

    def show_different(self, values: Sequence[Any]) -> None:
        with QSignalBlocker(self.box):
            self.box.setCheckState(Qt.CheckState.PartiallyChecked)
        self._say()

    def _changed(self, state: Qt.CheckState) -> None:
        if state == Qt.CheckState.PartiallyChecked:
            return
        self.box.setTristate(False)
        self._say()
        self.edited.emit(state == Qt.CheckState.Checked)

    def _say(self) -> None:
        words = {Qt.CheckState.Checked: "yes", Qt.CheckState.Unchecked: "no"}
        self.box.setText(words.get(self.box.checkState(), DIFFERENT))


class _ChoiceEditor(Editor):
    """One of a few words."""

    def __init__(self, param: Choice) -> None:
        super().__init__(param)
        self.combo = CalmCombo()
        self.combo.addItems(param.options)
        self.combo.currentTextChanged.connect(self._changed)
        self._row.addWidget(self.combo, 1)

    def fields(self) -> tuple[QWidget, ...]:
        return (self.combo,)

    def show_value(self, value: Any) -> None:
        if self.combo.currentText() != value:
            with QSignalBlocker(self.combo):
                self.combo.setPlaceholderText("")
                self.combo.setCurrentText(value)

    def show_different(self, values: Sequence[Any]) -> None:
        self.combo.show_different()

    def _changed(self, text: str) -> None:
        if text:
            self.edited.emit(text)


def editor_for(param: Param) -> Editor:
    """The editor for a setting of this kind.

    Raises:
        TypeError: for a kind of setting that no editor knows; a test asks for every kind there is.
    """
    match param:
        case Int() | Sides() if param.zero:
            return ZeroEditor(param)
        case Int():
            return WordedEditor(param, NumberEditor(param)) if param.words else NumberEditor(param)
        case Float():
            return NumberEditor(param)
        case Sides():
            return WordedEditor(param, SidesEditor(param)) if param.words else SidesEditor(param)
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
        case File():
            return FileEditor(param)
        case Text():
            return TextEditor(param)
    raise TypeError(f"There is no editor for settings of the kind {type(param).__name__}.")
