"""Editors for numbers: one, two or three of them, and numbers for which a word may stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QWidget

from app.ui import typed
from app.ui.icons import put
from app.ui.inspector.boxes import NARROW_WIDTH, CalmCombo, FloatBox, IntBox
from app.ui.inspector.editor import Editor
from app.ui.inspector.scrub import Scrub
from app.ui.labels import compact
from nodes.api import Float, Int, Sides

_AXES = {2: ("rows", "columns"), 3: ("depth", "rows", "columns")}
_NUMBER = "number"
_BUTTON = 20
_NARROWEST = 30


class NumberEditor(Editor):
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

    def scrubs(self) -> tuple[Scrub, ...]:
        return (self.box.scrub,)

    def show_value(self, value: Any) -> None:
        if self.box.value() != value or self.box.different:
            self.box.set_different(False)
            with QSignalBlocker(self.box):
                self.box.setValue(value)
            self.hinted.emit("")

    def show_different(self, values: Sequence[Any]) -> None:
        with QSignalBlocker(self.box):
            self.box.setValue(values[0])
        self.box.set_different(True)

    def _changed(self, value: float) -> None:
        self.box.set_different(False)
        self.hinted.emit("")
        self.edited.emit(value)

    def _typed(self, text: str) -> None:
        if self.box.different and text.strip() and self.box.hasAcceptableInput():
            self.box.take_typed(text)
            self.edited.emit(self.box.value())
        self.hinted.emit("" if self.box.hasAcceptableInput() else self.refusal(_number(text)))


def _number(text: str) -> Any:
    number = typed.fraction(text)
    if number is None:
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


class SidesEditor(Editor):
    """Two or three whole numbers, one for each side, that change together while the link is on."""

    def __init__(self, param: Sides) -> None:
        super().__init__(param)
        self.boxes = tuple(IntBox(param.low, param.high) for _ in range(param.count))
        self.link = QToolButton()
        self.link.setCheckable(True)
        self.link.setAutoRaise(True)
        compact(self.link, _BUTTON)
        self._show_link(False)
        self.link.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._crosses: list[QLabel] = []
        self._row.setSpacing(3 if param.count == 2 else 1)
        for index, box in enumerate(self.boxes):
            box.differs = "–"  # there is no room for words
            if index:
                self._crosses.append(QLabel("×"))
                self._row.addWidget(self._crosses[-1])
            self._row.addWidget(box, 1)
            box.valueChanged.connect(lambda value, which=index: self._changed(which, value))
            box.lineEdit().textEdited.connect(lambda text, which=box: self._typed(which, text))
            box.editingFinished.connect(lambda: self.hinted.emit(""))
        self.set_narrow(False)
        self._row.addWidget(self.link)
        self.link.toggled.connect(self._linked)
        self._shown: tuple[int, ...] | None = None

    def _show_link(self, on: bool) -> None:
        put(self.link, "link" if on else "unlink", "accent" if on else "text.soft")
        both = "Both numbers" if len(self.boxes) == 2 else "All numbers"
        self.link.setToolTip(f"{both} change together" if on else "Each number changes alone")

    def fields(self) -> tuple[QWidget, ...]:
        return (*self.boxes, self.link)

    def scrubs(self) -> tuple[Scrub, ...]:
        return tuple(box.scrub for box in self.boxes)

    def set_narrow(self, narrow: bool) -> None:
        three = len(self.boxes) > 2
        for box in self.boxes:
            box.set_narrow(narrow or three, _NARROWEST if three else NARROW_WIDTH)
        for cross in self._crosses:
            cross.setVisible(not (narrow and three))

    def describe(self, tooltip: str, name: str) -> None:
        super().describe(tooltip, name)
        for box, axis in zip(self.boxes, _AXES[len(self.boxes)], strict=True):
            box.setAccessibleName(f"{name}, {axis}")
        self._show_link(self.link.isChecked())
        both = "both" if len(self.boxes) == 2 else "all"
        self.link.setAccessibleName(f"{name}: change {both} numbers together")

    def show_value(self, value: Any) -> None:
        if value != self._shown:
            # Only a value that comes from elsewhere moves the link: a person may unlink equal numbers.
            equal = len(set(value)) == 1
            with QSignalBlocker(self.link):
                if self._shown is None or not equal:
                    self.link.setChecked(equal)
                    self._show_link(equal)
            self._shown = value
        for box, side in zip(self.boxes, value, strict=True):
            if box.value() != side or box.different:
                box.set_different(False)
                with QSignalBlocker(box):
                    box.setValue(side)

    def show_different(self, values: Sequence[Any]) -> None:
        if self._shown is None or not any(box.different for box in self.boxes):
            alike = all(len(set(value)) == 1 for value in values)
            with QSignalBlocker(self.link):
                self.link.setChecked(alike)
                self._show_link(alike)
        self._shown = None
        for index, box in enumerate(self.boxes):
            sides = {value[index] for value in values}
            with QSignalBlocker(box):
                box.setValue(values[0][index])
            box.set_different(len(sides) > 1)

    def _changed(self, which: int, value: int) -> None:
        self.boxes[which].set_different(False)
        self.hinted.emit("")
        if self.link.isChecked():
            self._spread(value, which)
        self._tell()

    def _spread(self, value: int, which: int) -> None:
        for index, box in enumerate(self.boxes):
            if index != which:
                box.set_different(False)
                with QSignalBlocker(box):
                    box.setValue(value)

    def _linked(self, on: bool) -> None:
        self._show_link(on)
        if on and len({box.value() for box in self.boxes}) > 1 and not any(box.different for box in self.boxes):
            self._spread(self.boxes[0].value(), 0)
            self._tell()

    def _tell(self) -> None:
        sides = tuple(None if box.different else box.value() for box in self.boxes)
        self._shown = None if None in sides else tuple(box.value() for box in self.boxes)
        self.edited.emit(sides)

    def _typed(self, box: IntBox, text: str) -> None:
        if box.different and text.strip() and box.hasAcceptableInput():
            box.take_typed(text)
            self._changed(self.boxes.index(box), box.value())
        self.hinted.emit("" if box.hasAcceptableInput() else self.refusal(_number(text)))


class WordedEditor(Editor):
    """Numbers, or one of a few words in their place: a small menu beside the numbers, a choice while it is a word."""

    def __init__(self, param: Int | Sides, numbers: NumberEditor | SidesEditor) -> None:
        super().__init__(param)
        self._words = param.words
        self._focus_to: QWidget = self
        self.numbers = numbers
        numbers.edited.connect(self._numbered)
        numbers.hinted.connect(self.hinted)
        self.word = CalmCombo()
        self.word.addItems([*param.words, _NUMBER])
        self.word.currentTextChanged.connect(self._chosen)
        self.menu = QMenu(self)
        for word in param.words:
            self.menu.addAction(word).triggered.connect(lambda _checked=False, picked=word: self._pick(picked))
        if isinstance(numbers, SidesEditor):
            # There is no room for two buttons: the link moves into the menu.
            numbers.link.hide()
            self.menu.addSeparator()
            self.together = self.menu.addAction("All sides alike" if len(numbers.boxes) > 2 else "Both sides alike")
            self.together.setCheckable(True)
            self.together.triggered.connect(lambda on: numbers.link.setChecked(on))
            self.menu.aboutToShow.connect(lambda: self.together.setChecked(numbers.link.isChecked()))
        self.more = QToolButton()
        self.more.setAutoRaise(True)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self.menu)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        compact(self.more, _BUTTON)
        self.more.setStyleSheet("QToolButton { padding: 0; } QToolButton::menu-indicator { image: none; }")
        put(self.more, "chevron-down", "text.soft")
        self._row.setSpacing(3)
        for widget in (numbers, self.word):
            self._row.addWidget(widget, 1)
        self._row.addWidget(self.more)
        least: Any = param.low if isinstance(param, Int) else (param.low,) * param.count
        self._last: Any = least if isinstance(param.default, str) else param.default
        self._show_form(False)

    def fields(self) -> tuple[QWidget, ...]:
        boxes = self.numbers.boxes if isinstance(self.numbers, SidesEditor) else self.numbers.fields()
        return (*boxes, self.more, self.word)

    def scrubs(self) -> tuple[Scrub, ...]:
        return self.numbers.scrubs()

    def set_narrow(self, narrow: bool) -> None:
        self.numbers.set_narrow(narrow)

    def describe(self, tooltip: str, name: str) -> None:
        super().describe(tooltip, name)
        self.numbers.describe(tooltip, name)
        words = " or ".join(f"“{word}”" for word in self._words)
        alike = "; sides alike or each alone" if isinstance(self.numbers, SidesEditor) else ""
        self.more.setToolTip(f"{words} in the place of a number{alike}")
        self.more.setAccessibleName(f"{name}: a word in the place of a number")
        self.word.setAccessibleName(f"{name}, a word or a number")
        self._show_form(self.word.isVisibleTo(self))

    def show_value(self, value: Any) -> None:
        is_word = isinstance(value, str)
        if is_word:
            with QSignalBlocker(self.word):
                self.word.setPlaceholderText("")
                self.word.setCurrentText(value)
        else:
            self._last = value
            self.numbers.show_value(value)
        self._show_form(is_word)

    def show_different(self, values: Sequence[Any]) -> None:
        if any(isinstance(value, str) for value in values):
            # The list of words, with none of them chosen.
            self.word.show_different()
            self._show_form(True)
        else:
            self.numbers.show_different(values)
            self._show_form(False)

    def _show_form(self, is_word: bool) -> None:
        had_focus = any(field.hasFocus() for field in self.fields())
        self.word.setVisible(is_word)
        self.numbers.setVisible(not is_word)
        self.more.setVisible(not is_word)
        self._focus_to = self.word if is_word else self.numbers.fields()[0]
        if had_focus and not any(field.hasFocus() for field in self.fields() if field.isVisible()):
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def setFocusProxy(self, widget: QWidget) -> None:
        """Not Qt's own: given to a widget of several fields, it takes them out of the order of Tab."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._focus_to.setFocus(event.reason())

    def _numbered(self, value: Any) -> None:
        if not (isinstance(value, tuple) and None in value):
            self._last = value
        self._tell(value)

    def _pick(self, word: str) -> None:
        self.show_value(word)
        self._tell(word)

    def _chosen(self, text: str) -> None:
        if not text:
            return
        if text != _NUMBER:
            self._tell(text)
            return
        self.show_value(self._last)
        self._tell(self._last)

    def _tell(self, value: Any) -> None:
        self.edited.emit(value)
