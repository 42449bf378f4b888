"""Editors for what is typed into one line: sizes, numbers, names of layers, texts, and the base of such editors."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from app.ui import typed_numbers
from app.ui.inspector.boxes import DIFFERENT, drawing_undoes
from app.ui.inspector.editor import Editor
from app.ui.labels import menu_button
from nodes.api import Assignments, Columns, Names, Numbers, Param, Several, Sizes, Text


class LineEditor(Editor):
    """A list, or something else, in one line. What is refused is explained while it is typed, and not left standing
    afterwards."""

    def __init__(self, param: Param, hint: str) -> None:
        super().__init__(param)
        self.line = QLineEdit()
        self.line.setMinimumWidth(60)
        self.line.setPlaceholderText(hint)
        drawing_undoes(self.line)
        self.line.textEdited.connect(self._typed)
        self.line.editingFinished.connect(self._finished)
        self._row.addWidget(self.line, 1)
        self._hint = hint
        self._value: Any = self.parsed("")  # None while there are several that differ

    def fields(self) -> tuple[QWidget, ...]:
        return (self.line,)

    def parsed(self, text: str) -> Any:
        """The value that a text means, or None."""
        raise NotImplementedError(f"{type(self).__name__} must read its text")

    def remark(self, text: str) -> str:
        """What to say of a text that is taken; most need no word."""
        return ""

    def spelled(self, value: Any) -> str:
        """The text for a value."""
        raise NotImplementedError(f"{type(self).__name__} must write its value")

    def show_value(self, value: Any) -> None:
        if value != self._value:
            self.line.setPlaceholderText(self._hint)
            self._value = value
            if self.parsed(self.line.text()) != self._value:
                self.line.setText(self.spelled(self._value))
                self.line.setCursorPosition(0)  # the begin says more than the end

    def show_different(self, values: Sequence[Any]) -> None:
        self._value = None
        self.line.setPlaceholderText(DIFFERENT)
        if self.line.text():
            self.line.clear()

    def _typed(self, text: str) -> None:
        parts = self.parsed(text)
        refused = self.refusal(parts if parts is not None else text)
        self.hinted.emit((refused or self.remark(text)) if text.strip() else "")
        if not refused and parts is not None:
            self._take(parts)

    def _take(self, value: Any) -> None:
        self._value = value
        self.edited.emit(value)

    def _finished(self) -> None:
        """Leave what counts in the field, not what was refused."""
        self.hinted.emit("")
        self.line.setText(self.spelled(self._value or self.parsed("")))


class SizesEditor(LineEditor):
    """Whole numbers, typed as ``3 × 224 × 224`` or ``3, 224, 224``."""

    def __init__(self, param: Sizes) -> None:
        super().__init__(param, "one number" if param.least == 0 else "")

    def parsed(self, text: str) -> tuple[int, ...] | None:
        try:
            return tuple(int(part) for part in _parts(r"[\s,;x×*()\[\]]+", typed_numbers.plain(text)))
        except ValueError:
            return None

    def spelled(self, value: tuple[int, ...]) -> str:
        return " × ".join(str(size) for size in value)


class NumbersEditor(LineEditor):
    """Numbers with commas between them, possibly none. Where semicolons are between them, a comma is a point."""

    def __init__(self, param: Numbers) -> None:
        super().__init__(param, "none, or 1, 0.5, 2")

    def parsed(self, text: str) -> tuple[float, ...] | None:
        text = typed_numbers.plain(text)
        between = r"[\s;()\[\]]+" if ";" in text else r"[\s,;()\[\]]+"
        numbers = [typed_numbers.fraction(part) for part in _parts(between, text)]
        return None if None in numbers else tuple(number for number in numbers if number is not None)

    def remark(self, text: str) -> str:
        """A comma is two things where the locale has it in fractions, so it is said what it was taken for."""
        text = typed_numbers.plain(text)
        if self.locale().decimalPoint() == "," and ";" not in text and re.search(r"\d,\d", text):
            return f"Read as {self.spelled(self.parsed(text) or ())}. Write fractions with a point, or put ; between."
        return ""

    def spelled(self, value: tuple[float, ...]) -> str:
        return ", ".join(f"{number:.10g}" for number in value)


class WordsEditor(LineEditor):
    """Words with commas between them."""

    between = r"\s*[,;]\s*"

    def parsed(self, text: str) -> tuple[str, ...] | None:
        return tuple(dict.fromkeys(_parts(self.between, text.strip())))

    def spelled(self, value: tuple[str, ...]) -> str:
        return ", ".join(value)


class NamesEditor(WordsEditor):
    """Names of layers with commas between them; a menu beside it lists those that can be chosen."""

    between = r"[\s,;]+"

    def __init__(self, param: Names | Several) -> None:
        super().__init__(param, "all")
        self._names: Callable[[], Sequence[str]] = tuple
        self.menu = _Staying(self)
        self.menu.aboutToShow.connect(self._fill)
        self.choose = menu_button(self.menu)
        self._row.addWidget(self.choose)

    def fields(self) -> tuple[QWidget, ...]:
        return (self.line, self.choose)

    def describe(self, tooltip: str, name: str) -> None:
        super().describe(tooltip, name)
        self.choose.setToolTip("Choose from the layers of the drawing")
        self.choose.setAccessibleName(f"{name}: choose layers")

    def offer(self, names: Callable[[], Sequence[str]]) -> None:
        self._names = names

    def _fill(self) -> None:
        self.menu.clear()
        chosen = self._value or ()
        for name in dict.fromkeys((*self._names(), *chosen)):
            action = self.menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name in chosen)
            action.toggled.connect(lambda on, which=name: self._toggle(which, on))
        if self.menu.isEmpty():
            self.menu.addAction("No layer here learns anything").setEnabled(False)

    def _toggle(self, name: str, on: bool) -> None:
        before = self._value or ()
        rest = tuple(each for each in before if each != name)
        chosen = {*rest, name} if on else set(rest)
        ordered = tuple(each for each in dict.fromkeys((*self._names(), *before)) if each in chosen)
        self.line.setText(self.spelled(ordered))
        self._take(ordered)


class SeveralEditor(NamesEditor):
    """Some of a few words; a menu beside it lists them all."""

    between = WordsEditor.between

    def __init__(self, param: Several) -> None:
        super().__init__(param)
        self._hint = "none"
        self.line.setPlaceholderText(self._hint)
        self.offer(lambda: param.options)

    def describe(self, tooltip: str, name: str) -> None:
        super().describe(tooltip, name)
        self.choose.setToolTip("Choose from what there is")
        self.choose.setAccessibleName(f"{name}: choose")


class AssignmentsEditor(WordsEditor):
    """Settings with their values, with commas between them: ``beta1=0.5, eps=1e-6``."""

    _columns: Columns | None = None

    def __init__(self, param: Assignments | Columns) -> None:
        super().__init__(
            param, f"such as age={param.options[0]}" if isinstance(param, Columns) else "such as beta1=0.5"
        )
        if isinstance(param, Columns):
            self._columns = param

    def parsed(self, text: str) -> tuple[str, ...] | None:
        return self._columns.parts_of(text) if self._columns is not None else super().parsed(text)


class TextEditor(LineEditor):
    """A text. It counts when Enter is pressed or the field is left."""

    def __init__(self, param: Text) -> None:
        super().__init__(param, "")
        self.line.setMaxLength(param.most)

    def parsed(self, text: str) -> str:
        return text

    def spelled(self, value: str) -> str:
        return value

    def show_value(self, value: Any) -> None:
        self.line.setPlaceholderText("")
        self._value = str(value)
        if self.line.text() != self._value:
            self.line.setText(self._value)

    def _typed(self, text: str) -> None:
        self.hinted.emit(self.refusal(text))

    def _finished(self) -> None:
        text = self.line.text()
        if text != (self._value or "") and not self.refusal(text):
            self._take(text)


class _Staying(QMenu):
    """A menu that stays open while several entries are checked."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)


def _parts(between: str, text: str) -> list[str]:
    return [part for part in re.split(between, text) if part]
