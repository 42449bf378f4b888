"""One editor for each kind of setting. An editor knows its declaration and its value, and nothing of the drawing."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from app.ui.icons import put
from app.ui.inspector.boxes import CalmCombo, FloatBox, IntBox, drawing_undoes
from app.ui.labels import compact
from nodes.api import BadSetting, Choice, Float, Int, Pair, Param, Sizes, Switch


class Editor(QWidget):
    """Shows one value and tells of changes that a person makes.

    ``edited`` carries a value that the setting takes; ``hinted`` says why what stands in the field is not taken, with
    an empty text when it is. ``show_value`` tells nobody, and leaves a field alone that already says the same, so that
    a cursor in it stays where it is.
    """

    edited = Signal(object)
    hinted = Signal(str)

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.param = param
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def show_value(self, value: Any) -> None:
        """Show a value that the setting takes."""
        raise NotImplementedError(f"{type(self).__name__} must show its value")

    def fields(self) -> tuple[QWidget, ...]:
        """The widgets that take the keyboard, in order."""
        raise NotImplementedError(f"{type(self).__name__} must name its fields")

    def describe(self, tooltip: str, name: str) -> None:
        """Give every field the tooltip and the name that a screen reader says."""
        for index, field in enumerate(self.fields()):
            field.setToolTip(tooltip)
            field.setAccessibleName(name if index == 0 else f"{name}, {index + 1}")
            field.setAccessibleDescription(self.param.help)
        if self.fields():
            self.setFocusProxy(self.fields()[0])

    def refusal(self, value: Any) -> str:
        """Why the setting cannot take ``value``, in the student's words; empty if it can."""
        try:
            self.param.check(value)
        except BadSetting as bad:
            return sentence(self.param, str(bad))
        return ""


def sentence(param: Param, text: str) -> str:
    """A refusal with the student's word in the place of torch's name."""
    title = param.title[:1].upper() + param.title[1:]
    return title + text.removeprefix(param.name) if text.startswith(param.name) else text


class _Number(Editor):
    """A whole number or a fraction."""

    def __init__(self, param: Int | Float) -> None:
        super().__init__(param)
        self.box: IntBox | FloatBox
        if isinstance(param, Int):
            self.box = IntBox(param.low, param.high)
        else:
            self.box = FloatBox(param.low, param.high, param.step, param.open_low, param.open_high)
        self.box.valueChanged.connect(self._changed)
        self.box.lineEdit().textEdited.connect(self._typed)
        self.box.editingFinished.connect(lambda: self.hinted.emit(""))
        self._row.addWidget(self.box, 1)

    def fields(self) -> tuple[QWidget, ...]:
        return (self.box,)

    def show_value(self, value: Any) -> None:
        if self.box.value() != value:
            with QSignalBlocker(self.box):
                self.box.setValue(value)
            self.hinted.emit("")

    def _changed(self, value: float) -> None:
        self.hinted.emit("")
        self.edited.emit(value)

    def _typed(self, text: str) -> None:
        self.hinted.emit("" if self.box.hasAcceptableInput() else self.refusal(_number(text)))


def _number(text: str) -> Any:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


class _PairEditor(Editor):
    """Two whole numbers, rows and columns, that change together while the link is on."""

    def __init__(self, param: Pair) -> None:
        super().__init__(param)
        self.boxes = (IntBox(param.low, param.high), IntBox(param.low, param.high))
        self.link = QToolButton()
        self.link.setCheckable(True)
        self.link.setAutoRaise(True)
        compact(self.link)
        self._show_link(False)
        self.link.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        cross = QLabel("×")
        self._row.addWidget(self.boxes[0], 1)
        self._row.addWidget(cross)
        self._row.addWidget(self.boxes[1], 1)
        self._row.addWidget(self.link)
        for index, box in enumerate(self.boxes):
            box.valueChanged.connect(lambda value, which=index: self._changed(which, value))
            box.lineEdit().textEdited.connect(lambda text, which=box: self._typed(which, text))
            box.editingFinished.connect(lambda: self.hinted.emit(""))
        self.link.toggled.connect(self._linked)
        self._shown: tuple[int, int] | None = None

    def _show_link(self, on: bool) -> None:
        put(self.link, "link" if on else "unlink", "accent" if on else "text.soft")
        self.link.setToolTip("Both numbers change together" if on else "Each number changes alone")

    def fields(self) -> tuple[QWidget, ...]:
        return (*self.boxes, self.link)

    def describe(self, tooltip: str, name: str) -> None:
        super().describe(tooltip, name)
        self.boxes[0].setAccessibleName(f"{name}, rows")
        self.boxes[1].setAccessibleName(f"{name}, columns")
        self._show_link(self.link.isChecked())
        self.link.setAccessibleName(f"{name}: change both numbers together")

    def show_value(self, value: Any) -> None:
        if value != self._shown:
            # Only a value that comes from elsewhere moves the link: a person may unlink two equal numbers.
            with QSignalBlocker(self.link):
                if self._shown is None or value[0] != value[1]:
                    self.link.setChecked(value[0] == value[1])
                    self._show_link(self.link.isChecked())
            self._shown = value
        for box, side in zip(self.boxes, value, strict=True):
            if box.value() != side:
                with QSignalBlocker(box):
                    box.setValue(side)

    def _changed(self, which: int, value: int) -> None:
        self.hinted.emit("")
        if self.link.isChecked():
            other = self.boxes[1 - which]
            with QSignalBlocker(other):
                other.setValue(value)
        self._tell()

    def _linked(self, on: bool) -> None:
        self._show_link(on)
        if on and self.boxes[1].value() != self.boxes[0].value():
            with QSignalBlocker(self.boxes[1]):
                self.boxes[1].setValue(self.boxes[0].value())
            self._tell()

    def _tell(self) -> None:
        self._shown = (self.boxes[0].value(), self.boxes[1].value())
        self.edited.emit(self._shown)

    def _typed(self, box: IntBox, text: str) -> None:
        self.hinted.emit("" if box.hasAcceptableInput() else self.refusal(_number(text)))


class _SwitchEditor(Editor):
    """Yes or no."""

    def __init__(self, param: Switch) -> None:
        super().__init__(param)
        self.box = QCheckBox()
        self.box.toggled.connect(self._toggled)
        self._row.addWidget(self.box, 1)

    def fields(self) -> tuple[QWidget, ...]:
        return (self.box,)

    def show_value(self, value: Any) -> None:
        with QSignalBlocker(self.box):
            self.box.setChecked(value)
        self._say()

    def _toggled(self, on: bool) -> None:
        self._say()
        self.edited.emit(on)

    def _say(self) -> None:
        self.box.setText("yes" if self.box.isChecked() else "no")


class _ChoiceEditor(Editor):
    """One of a few words."""

    def __init__(self, param: Choice) -> None:
        super().__init__(param)
        self.combo = CalmCombo()
        self.combo.addItems(param.options)
        self.combo.currentTextChanged.connect(self.edited.emit)
        self._row.addWidget(self.combo, 1)

    def fields(self) -> tuple[QWidget, ...]:
        return (self.combo,)

    def show_value(self, value: Any) -> None:
        if self.combo.currentText() != value:
            with QSignalBlocker(self.combo):
                self.combo.setCurrentText(value)


class _SizesEditor(Editor):
    """A list of whole numbers, typed as ``3 × 224 × 224`` or ``3, 224, 224``."""

    def __init__(self, param: Sizes) -> None:
        super().__init__(param)
        self.line = QLineEdit()
        self.line.setMinimumWidth(60)
        drawing_undoes(self.line)
        self.line.textEdited.connect(self._typed)
        self.line.editingFinished.connect(self._finished)
        self._row.addWidget(self.line, 1)
        self._value: tuple[int, ...] = ()

    def fields(self) -> tuple[QWidget, ...]:
        return (self.line,)

    def show_value(self, value: Any) -> None:
        if value != self._value:
            self._value = tuple(value)
            if _sizes(self.line.text()) != self._value:
                self.line.setText(_spelled(self._value))

    def _typed(self, text: str) -> None:
        sizes = _sizes(text)
        refused = self.refusal(sizes if sizes is not None else text)
        self.hinted.emit(refused if text.strip() else "")
        if not refused and sizes is not None:
            self._value = tuple(sizes)
            self.edited.emit(self._value)

    def _finished(self) -> None:
        """Leave what counts in the field, not what was refused."""
        self.hinted.emit("")
        self.line.setText(_spelled(self._value))


def _sizes(text: str) -> tuple[int, ...] | None:
    parts = [part for part in re.split(r"[\s,;x×*()\[\]]+", text) if part]
    try:
        return tuple(int(part) for part in parts)
    except ValueError:
        return None


def _spelled(sizes: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in sizes)


def editor_for(param: Param) -> Editor:
    """The editor for a setting of this kind.

    Raises:
        TypeError: for a kind of setting that no editor knows; a test asks for every kind there is.
    """
    match param:
        case Int() | Float():
            return _Number(param)
        case Pair():
            return _PairEditor(param)
        case Switch():
            return _SwitchEditor(param)
        case Choice():
            return _ChoiceEditor(param)
        case Sizes():
            return _SizesEditor(param)
    raise TypeError(f"There is no editor for settings of the kind {type(param).__name__}.")
