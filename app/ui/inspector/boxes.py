"""Number boxes that behave inside a scrolled form: the wheel scrolls the form, a drag changes the number, and undo
belongs to the drawing."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QLocale, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolTip,
    QWidget,
)

from app.ui import typed_numbers
from app.ui.inspector.scrub import Scrub
from app.ui.scale import set_least_width

SMALLEST_WIDTH = 50
NARROW_WIDTH = 34  # without arrows; the arrow keys and the wheel still count
DIFFERENT = "different values"
_STATE = QValidator.State

# A second QWidget among the bases of a widget crashes; only the type checker is told that this will be one.
if TYPE_CHECKING:
    _Base = QAbstractSpinBox
else:
    _Base = object


class UndoBelongsToTheDrawing(QObject):
    """Keeps a field's own undo from taking Ctrl+Z: every edit of the inspector is a step of the drawing's undo."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # By its class first, here as in the other filters: most events of a form are none of these, a new style sends a
        # dozen to each field, and to ask an event for its type takes longer than all the rest.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo):
                event.ignore()
                return True
        return False


def drawing_undoes(field: QWidget) -> None:
    """Let Ctrl+Z in this field, the one that has the focus, undo the last step of the drawing.

    Of a number box that is the box itself: it hands keys on to its line in a way that no filter of the line hears of.
    """
    field.installEventFilter(UndoBelongsToTheDrawing(field))


class WheelNeedsFocus(QObject):
    """A wheel turned over a field while the form scrolls goes to the form, unless the field has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent) and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def calm(field: QWidget) -> None:
    """Let the wheel change this field only while it has the focus; turning the wheel does not give it the focus."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(WheelNeedsFocus(field))


def finish_typing() -> None:
    """Have the number box with the keys, if it is one, take what is typed: a shortcut leaves the focus where it is."""
    field = QApplication.focusWidget()
    if isinstance(field, QAbstractSpinBox):
        field.interpretText()


class LimitTip(QObject):
    """Says the limits of a box beside it as soon as what is typed lies outside, where no form has a line for that."""

    def __init__(self, box: IntBox) -> None:
        super().__init__(box)
        self._box = box
        box.lineEdit().textEdited.connect(self._typed)

    def _typed(self, text: str) -> None:
        box, number = self._box, self._box.number_in(text)
        words = ""
        if number is not None and number > box.maximum():
            words = f"At most {box.maximum():,}, and that is what you get."
        elif number is not None and number < box.minimum():
            words = f"At least {box.minimum():,}, and that is what you get."
        QToolTip.showText(box.mapToGlobal(box.rect().bottomLeft()), words, box)


class NumberBox(_Base):
    """What boxes for whole numbers and for fractions have in common. Any number may be typed; one outside the limits is
    explained, and becomes the limit in the end.

    Stands before a box of Qt in the list of bases, so that ``super()`` leads on to that.
    """

    minimum: Any  # these six are as in Qt, for the type of the number
    maximum: Any
    value: Any
    setValue: Any
    setSuffix: Any
    valueChanged: Any
    differs = DIFFERENT  # what stands in the box for several values
    _different = False  # Qt asks for the text while the box is still being made
    _beyond: tuple[str, Any] | None = None  # what was typed beyond the limits, and the number that stands in its place

    def _prepare(self) -> None:
        calm(self)
        # A press on the number may become a drag. The box takes the focus itself, once it is known to be a click.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumWidth(SMALLEST_WIDTH)
        self.setLocale(QLocale.c())  # what is shown can be typed again anywhere; reading is up to app.ui.typed_numbers
        drawing_undoes(self)
        self.scrub = Scrub(self)

    def number_in(self, text: str) -> Any:
        """The number that is typed, inside the limits or not; None if it is none."""
        raise NotImplementedError(f"{type(self).__name__} must read its text")

    def begun(self, text: str) -> bool:
        """Whether a number could still become of a text that is none."""
        raise NotImplementedError(f"{type(self).__name__} must know its beginnings")

    def spelled(self, value: Any) -> str:
        """The text for a number."""
        raise NotImplementedError(f"{type(self).__name__} must write its number")

    def drag_to(self, first: float, steps: float, *, fine: bool) -> None:
        """Be as many steps away from ``first`` as the limits allow."""
        raise NotImplementedError(f"{type(self).__name__} must be able to be dragged")

    def inside(self, number: float) -> bool:
        """Whether the limits allow a number."""
        return self.minimum() <= number <= self.maximum()

    def _limited(self, number: Any) -> Any:
        return max(self.minimum(), min(number, self.maximum()))

    @property
    def different(self) -> bool:
        """Whether the box stands for several values that differ, and shows none of them."""
        return self._different

    def set_different(self, on: bool) -> None:
        """Show no number, because there are several; its own value is then only where a step begins."""
        if on != self._different:
            self._different = on
            self.lineEdit().setPlaceholderText(self.differs if on else "")
            self.setSuffix("")  # makes Qt ask for the text again

    def take_typed(self, text: str) -> None:
        """Have this number from now on; nobody is told, because Qt tells only of a number that is new to the box."""
        self._different = False
        self.lineEdit().setPlaceholderText("")
        with QSignalBlocker(self):
            self.setValue(self.valueFromText(text))

    def set_narrow(self, narrow: bool, width: int = NARROW_WIDTH) -> None:
        """Leave the arrows out, or show them."""
        set_least_width(self, width if narrow else SMALLEST_WIDTH)
        if narrow != bool(self.property("narrow")):
            self.setProperty("narrow", narrow)
            self.style().unpolish(self)  # the style sheet is read again
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)  # on an arrow
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._beyond = None
        super().focusInEvent(event)

    def textFromValue(self, value: Any) -> str:
        return "" if self._different else self.spelled(value)

    def valueFromText(self, text: str) -> Any:
        number = self.number_in(text)
        return self.value() if number is None else self._limited(number)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Lets a number that is too large or too small be typed, so that it can be answered with a sentence."""
        number = self.number_in(text)
        if self._different and not text.strip():
            state = _STATE.Acceptable
        elif number is None:
            state = _STATE.Intermediate if self.begun(text) else _STATE.Invalid
        else:
            state = _STATE.Acceptable if self.inside(number) else _STATE.Intermediate
        return state, text, position

    def fixup(self, text: str) -> str:
        """The limit in the place of a number beyond it: the digits that happened to fit are a number nobody typed.

        Where the limit itself is not allowed, the number from before.
        """
        number = self.valueFromText(text)
        number = number if self.inside(number) and not self._different else self.value()
        self._beyond = (text, number) if self.number_in(text) is not None and not self._different else None
        return self.textFromValue(number)

    @property
    def beyond(self) -> str:
        """What was typed beyond the limits, while the number that took its place stands there; else empty."""
        if self._beyond is None or self._beyond[1] != self.value():
            self._beyond = None
            return ""
        return self._beyond[0]


class IntBox(NumberBox, QSpinBox):
    """A whole number."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        self._prepare()
        self.setRange(low, min(high, 2**31 - 1))
        self.setGroupSeparatorShown(False)

    def drag_to(self, first: float, steps: float, *, fine: bool) -> None:
        self.setValue(self._limited(round(first + steps)))

    def number_in(self, text: str) -> int | None:
        return typed_numbers.counted(text.removesuffix(self.suffix()))

    def begun(self, text: str) -> bool:
        return typed_numbers.begun(text.removesuffix(self.suffix()))

    def spelled(self, value: int) -> str:
        return str(value)


class FloatBox(NumberBox, QDoubleSpinBox):
    """A number, written as short as possible: ``0.002``, ``1e-05``. A comma is read as a point, other signs as in
    ``app.ui.typed_numbers``."""

    _open = (False, False)  # Qt asks for the limits while the box is still being made

    def __init__(self, low: float, high: float, step: float, open_low: bool = False, open_high: bool = False) -> None:
        super().__init__()
        self._prepare()
        self._open = (open_low, open_high)
        self.setDecimals(12)
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setStepType(QAbstractSpinBox.StepType.DefaultStepType)

    def drag_to(self, first: float, steps: float, *, fine: bool) -> None:
        unit = self.singleStep()
        if 0 < abs(first) < unit:  # a step of a tiny number is tiny too
            unit = 10.0 ** math.floor(math.log10(abs(first)))
        grain = unit / 10 if fine else unit
        number = self._limited(float(f"{first + round(steps * unit / grain) * grain:.10g}"))
        if self.inside(number):
            self.setValue(number)

    def number_in(self, text: str) -> float | None:
        return typed_numbers.fraction(text)

    def begun(self, text: str) -> bool:
        return typed_numbers.begun(text)

    def spelled(self, value: float) -> str:
        return f"{value:.10g}"

    def inside(self, number: float) -> bool:
        above = number > self.minimum() if self._open[0] else number >= self.minimum()
        below = number < self.maximum() if self._open[1] else number <= self.maximum()
        return above and below

    def stepBy(self, steps: int) -> None:
        before = self.value()
        super().stepBy(steps)
        if not self.inside(self.value()):
            self.setValue(before)


class CalmCombo(QComboBox):
    """A choice that the wheel changes only while it has the focus. ``entries`` are words, each with its data."""

    def __init__(self, name: str = "", tip: str = "", entries: Iterable[tuple[str, object]] = ()) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tip)
        calm(self)
        self.offer(entries)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def offer(self, entries: Iterable[str | tuple[str, object]]) -> None:
        """Offer these words, alone or each with its data, in the place of others; tells nobody. What was chosen stays
        chosen while it is among them, else the first one is."""
        wanted = [(entry, None) if isinstance(entry, str) else entry for entry in entries]
        if wanted == [(self.itemText(place), self.itemData(place)) for place in range(self.count())]:
            return
        chosen = self.currentText()
        with QSignalBlocker(self):
            self.clear()
            for words, data in wanted:
                self.addItem(words, data)
            self.setCurrentIndex(max(0, self.findText(chosen)))

    def ask_for_all(self) -> None:
        """Ask for the room of the longest word, and give it back where there is none."""
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def show_word(self, word: str) -> None:
        """Choose a word; tells nobody."""
        with QSignalBlocker(self):
            self.setPlaceholderText("")
            self.setCurrentText(word)

    def show_different(self) -> None:
        """Choose nothing, because there are several values; tells nobody."""
        with QSignalBlocker(self):
            # Only now: Qt makes room for this text as soon as it is known.
            self.setPlaceholderText(DIFFERENT)
            self.setCurrentIndex(-1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A word that is longer than the room ends with an ellipsis; Qt would cut through a letter."""
        if self.currentIndex() < 0 or self.isEditable():
            super().paintEvent(event)
            return
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        edit = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, edit, self).width()
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint().boundedTo(self.sizeHint())  # Qt keeps the one, and forgets the other in time
        return QSize(min(least.width(), 80), least.height()) if self.currentIndex() < 0 else least


class TriCheck(QCheckBox):
    """Yes or no, or neither while there are several values. ``decided`` carries what a person chose."""

    decided = Signal(bool)

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.checkStateChanged.connect(self._changed)

    def show_values(self, values: Collection[bool]) -> None:
        """Show what all of these are, or neither; tells nobody."""
        with QSignalBlocker(self):
            if len(set(values)) > 1:
                self.setCheckState(Qt.CheckState.PartiallyChecked)
            else:
                self.setTristate(False)
                self.setChecked(next(iter(values)))

    def _changed(self, state: Qt.CheckState) -> None:
        if state != Qt.CheckState.PartiallyChecked:
            self.setTristate(False)
            self.decided.emit(state == Qt.CheckState.Checked)
