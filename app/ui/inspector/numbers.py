"""Editors for numbers: one, two or three of them, and numbers for which a word may stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLabel, QMenu, QWidget

from app.ui import typed_numbers
from app.ui.icons import put
from app.ui.inspector.boxes import NARROW_WIDTH, CalmCombo, FloatBox, IntBox, NumberBox
from app.ui.inspector.editor import Editor
from app.ui.inspector.scrub import Scrub
from app.ui.labels import icon_button, menu_button
from nodes.api import Float, Int, Sides, cut

_AXES = {2: ("rows", "columns"), 3: ("depth", "rows", "columns")}
_NUMBER = "number"
_BUTTON = 20
_NARROWEST = 30


def _box(param: Int | Float | Sides) -> NumberBox:
    if isinstance(param, Float):
        return FloatBox(param.low, param.high, param.step, param.open_low, param.open_high)
    return IntBox(param.low, param.high)


def _number(text: str) -> Any:
    number = typed_numbers.fraction(text)
    if number is None:
        return text
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


class NumberEditor(Editor):
    """A whole number or a fraction."""

    def __init__(self, param: Int | Float | Sides) -> None:
        super().__init__(param)
        self.boxes = tuple(_box(param) for _ in range(param.count if isinstance(param, Sides) else 1))
        for index, box in enumerate(self.boxes):
            box.valueChanged.connect(lambda _, which=index: self._changed(which))
            box.lineEdit().textEdited.connect(lambda text, which=index: self._typed(which, text))
            box.editingFinished.connect(lambda: self.hinted.emit(self._beyond()))
            self._row.addWidget(box, 1)

    def fields(self) -> tuple[QWidget, ...]:
        return self.boxes

    def scrubs(self) -> tuple[Scrub, ...]:
        return tuple(box.scrub for box in self.boxes)

    def sides(self, value: Any) -> tuple[Any, ...]:
        """What each of the boxes shows of a value."""
        return (value,)

    def tell(self) -> None:
        """Tell of the value that the boxes show together."""
        self.edited.emit(self.boxes[0].value())

    def show_value(self, value: Any) -> None:
        for box, side in zip(self.boxes, self.sides(value), strict=True):
            if box.value() != side or box.different:
                self._put(box, side)
                self.hinted.emit("")

    def show_different(self, values: Sequence[Any]) -> None:
        each = [self.sides(value) for value in values]
        for box, sides in zip(self.boxes, zip(*each, strict=True), strict=True):
            with QSignalBlocker(box):
                box.setValue(sides[0])
            # One value that is not shown stands for others that this box cannot have.
            box.set_different(len(set(sides)) > 1 or len(values) == 1)

    def _put(self, box: NumberBox, value: Any) -> None:
        box.set_different(False)
        with QSignalBlocker(box):
            box.setValue(value)

    def _changed(self, which: int) -> None:
        self.boxes[which].set_different(False)
        self.hinted.emit("")
        self.tell()
        if said := self._beyond():  # what was told shows the value anew, and with that no hint
            self.hinted.emit(said)

    def _beyond(self) -> str:
        """Why a box shows another number than the one that was typed; empty where it does not."""
        for box in self.boxes:
            refused = self.refusal(_number(box.beyond)) if box.beyond else ""
            if refused:
                limits = refused.partition(", but it is")[0]
                return f"{limits}, so {box.spelled(box.value())} stands here and not {cut(box.beyond.strip(), 20)}."
        return ""

    def _typed(self, which: int, text: str) -> None:
        box = self.boxes[which]
        if box.different and text.strip() and box.hasAcceptableInput():
            box.take_typed(text)
            self._changed(which)
        self.hinted.emit("" if box.hasAcceptableInput() else self.refusal(_number(text)))


class SidesEditor(NumberEditor):
    """Two or three whole numbers, one for each side, that change together while the link is on."""

    def __init__(self, param: Sides) -> None:
        super().__init__(param)
        self._both, self._three = ("both", False) if param.count == 2 else ("all", True)
        self._row.setSpacing(1 if self._three else 3)
        self._crosses = [QLabel("×") for _ in self.boxes[1:]]
        for index, cross in enumerate(self._crosses):
            self._row.insertWidget(2 * index + 1, cross)
        for box in self.boxes:
            box.differs = "–"  # there is no room for words
        self.link = icon_button("unlink", "", lambda: None, _BUTTON)
        self.link.setCheckable(True)
        self._show_link(False)
        self.set_narrow(False)
        self._row.addWidget(self.link)
        self.link.toggled.connect(self._linked)
        self._shown: object = None

    def _show_link(self, on: bool) -> None:
        put(self.link, "link" if on else "unlink", "accent" if on else "text.soft")
        both = f"{self._both.capitalize()} numbers"
        self.link.setToolTip(f"{both} change together" if on else "Each number changes alone")

    def _set_link(self, on: bool) -> None:
        with QSignalBlocker(self.link):
            self.link.setChecked(on)
        self._show_link(on)

    def fields(self) -> tuple[QWidget, ...]:
        return (*self.boxes, self.link)

    def set_narrow(self, narrow: bool) -> None:
        for box in self.boxes:
            box.set_narrow(narrow or self._three, _NARROWEST if self._three else NARROW_WIDTH)
        for cross in self._crosses:
            cross.setVisible(not (narrow and self._three))

    def describe(self, tooltip: str, name: str) -> None:
        super().describe(tooltip, name)
        for box, axis in zip(self.boxes, _AXES[len(self.boxes)], strict=True):
            box.setAccessibleName(f"{name}, {axis}")
        self._show_link(self.link.isChecked())
        self.link.setAccessibleName(f"{name}: change {self._both} numbers together")

    def sides(self, value: Any) -> tuple[Any, ...]:
        return tuple(value)

    def tell(self) -> None:
        sides = tuple(None if box.different else box.value() for box in self.boxes)
        self._shown = None if None in sides else sides
        self.edited.emit(sides)

    def show_value(self, value: Any) -> None:
        # Only a value that comes from elsewhere moves the link: a person may unlink equal numbers.
        equal = len(set(value)) == 1
        if value != self._shown and (self._shown is None or not equal):
            self._set_link(equal)
        self._shown = value
        super().show_value(value)

    def show_different(self, values: Sequence[Any]) -> None:
        if self._shown is None or not any(box.different for box in self.boxes):
            self._set_link(all(len(set(value)) == 1 for value in values))
        self._shown = None
        super().show_different(values)

    def _changed(self, which: int) -> None:
        if self.link.isChecked():
            self._spread(which)
        super()._changed(which)

    def _spread(self, which: int) -> None:
        for box in self.boxes:
            if box is not self.boxes[which]:
                self._put(box, self.boxes[which].value())

    def _linked(self, on: bool) -> None:
        self._show_link(on)
        if on and len({box.value() for box in self.boxes}) > 1 and not any(box.different for box in self.boxes):
            self._spread(0)
            self.tell()


class WordedEditor(Editor):
    """Numbers, or one of a few words in their place: a small menu beside the numbers, a choice while it is a word.

    Where 0 stands for something else, as in a stride that follows the kernel, the word for that takes its place, and
    numbers begin with 1.
    """

    def __init__(self, param: Int | Sides) -> None:
        count = param.count if isinstance(param, Sides) else 1
        least = 1 if param.zero else param.low
        self._zero: Any = None
        if param.zero:
            self._zero = (0,) * count if isinstance(param, Sides) else 0
            param = replace(param, words=(param.zero,))
        super().__init__(param)
        self._words = param.words
        self._focus_to: QWidget = self
        self._last: Any = (least,) * count if isinstance(param, Sides) else least
        if not param.zero and not isinstance(param.default, str):
            self._last = param.default
        self.numbers = SidesEditor(param) if isinstance(param, Sides) else NumberEditor(param)
        self.numbers.edited.connect(self._numbered)
        self.numbers.hinted.connect(self.hinted)
        self.word = CalmCombo()
        self.word.addItems([*param.words, _NUMBER])
        self.word.currentTextChanged.connect(self._chosen)
        self.menu = QMenu(self)
        for word in param.words:
            self.menu.addAction(word).triggered.connect(lambda _checked=False, picked=word: self._pick(picked))
        if isinstance(self.numbers, SidesEditor):
            # There is no room for two buttons: the link moves into the menu.
            link = self.numbers.link
            link.hide()
            self.menu.addSeparator()
            self.together = self.menu.addAction("All sides alike" if count > 2 else "Both sides alike")
            self.together.setCheckable(True)
            self.together.triggered.connect(lambda on: link.setChecked(on))
            self.menu.aboutToShow.connect(lambda: self.together.setChecked(link.isChecked()))
        self.more = menu_button(self.menu, _BUTTON)
        self._row.setSpacing(3)
        for widget in (self.numbers, self.word):
            self._row.addWidget(widget, 1)
        self._row.addWidget(self.more)
        self._show_form(False)

    def fields(self) -> tuple[QWidget, ...]:
        return (*self.numbers.boxes, self.more, self.word)

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

    def _worded(self, value: Any) -> Any:
        return self._words[0] if value == self._zero else value

    def show_value(self, value: Any) -> None:
        value = self._worded(value)
        is_word = isinstance(value, str)
        if is_word:
            self.word.show_word(value)
        else:
            self._last = value
            self.numbers.show_value(value)
        self._show_form(is_word)

    def show_different(self, values: Sequence[Any]) -> None:
        values = [self._worded(value) for value in values]
        has_word = any(isinstance(value, str) for value in values)
        if has_word:
            self.word.show_different()  # the list of words, with none of them chosen
        else:
            self.numbers.show_different(values)
        self._show_form(has_word)

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
        self.edited.emit(value)

    def _pick(self, word: str) -> None:
        self.show_value(word)
        self._chosen(word)

    def _chosen(self, text: str) -> None:
        if text == _NUMBER:
            self.show_value(self._last)
            self.edited.emit(self._last)
        elif text:
            self.edited.emit(text if self._zero is None else self._zero)
