"""Number boxes that behave inside a scrolled form: the wheel scrolls the form, a drag changes the number, and undo
belongs to the drawing."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QLocale, QObject, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QDoubleSpinBox, QSpinBox, QToolTip, QWidget

from app.ui import typed
from app.ui.inspector.scrub import Scrub
from app.ui.scale import set_least_width

SMALLEST_WIDTH = 50
NARROW_WIDTH = 34  # without arrows; the arrow keys and the wheel still count
DIFFERENT = "different values"
_STATE = QValidator.State


class UndoBelongsToTheDrawing(QObject):
    """Keeps a field's own undo from taking Ctrl+Z: every edit of the inspector is a step of the drawing's undo."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        undo, redo = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.matches(undo) or event.matches(redo):
                event.ignore()
                return True
        return super().eventFilter(watched, event)


def drawing_undoes(field: QWidget) -> None:
    """Let Ctrl+Z in this field, the one that has the focus, undo the last step of the drawing.

    Of a number box that is the box itself: it hands keys on to its line in a way that no filter of the line hears of.
    """
    field.installEventFilter(UndoBelongsToTheDrawing(field))


class WheelNeedsFocus(QObject):
    """A wheel turned over a field while the form scrolls goes to the form, unless the field has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def calm(field: QWidget) -> None:
    """Let the wheel change this field only while it has the focus; turning the wheel does not give it the focus."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(WheelNeedsFocus(field))


def _prepare(box: QSpinBox | QDoubleSpinBox) -> None:
    calm(box)
    # A press on the number may become a drag. The box takes the focus itself, once it is known to be a click.
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    box.setMinimumWidth(SMALLEST_WIDTH)
    box.setLocale(QLocale.c())  # what is shown can be typed again anywhere; reading is up to app.ui.typed
    drawing_undoes(box)


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
        if words:
            QToolTip.showText(box.mapToGlobal(box.rect().bottomLeft()), words, box)
        else:
            QToolTip.hideText()


class IntBox(QSpinBox):
    """A whole number. Any may be typed; one outside the limits is explained, and becomes the limit in the end."""

    differs = DIFFERENT  # what stands in the box for several values
    _different = False  # Qt asks for the text while the box is still being made

    def set_narrow(self, narrow: bool, width: int = NARROW_WIDTH) -> None:
        """Leave the arrows out, or show them."""
        set_least_width(self, width if narrow else SMALLEST_WIDTH)
        if narrow != bool(self.property("narrow")):
            self.setProperty("narrow", narrow)
            self.style().unpolish(self)  # the style sheet is read again
            self.style().polish(self)

    def __init__(self, low: int, high: int) -> None:
        super().__init__()
        _prepare(self)
        self.setRange(low, min(high, 2**31 - 1))
        self.setGroupSeparatorShown(False)
        self.scrub = Scrub(self)

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

    def textFromValue(self, value: int) -> str:
        return "" if self._different else super().textFromValue(value)

    def valueFromText(self, text: str) -> int:
        number = self.number_in(text)
        return self.value() if number is None else max(self.minimum(), min(number, self.maximum()))

    def drag_to(self, first: float, steps: float, *, fine: bool) -> None:
        """Be as many steps away from ``first`` as the limits allow."""
        self.setValue(max(self.minimum(), min(self.maximum(), round(first + steps))))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)  # on an arrow
        super().mousePressEvent(event)

    def number_in(self, text: str) -> int | None:
        """The number that is typed, inside the limits or not; None if it is none."""
        return typed.whole(text.removesuffix(self.suffix()))

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Lets a number that is too large or too small be typed, so that it can be answered with a sentence."""
        if self._different and not text.strip():
            return _STATE.Acceptable, text, position
        number = self.number_in(text)
        if number is None:
            begun = typed.plain(text.removesuffix(self.suffix())).strip() in ("", "-", "+")
            return _STATE.Intermediate if begun else _STATE.Invalid, text, position
        inside = self.minimum() <= number <= self.maximum()
        return _STATE.Acceptable if inside else _STATE.Intermediate, text, position

    def fixup(self, text: str) -> str:
        """The limit in the place of a number beyond it: the digits that happened to fit are a number nobody typed."""
        number = self.number_in(text)
        if number is None or self._different:
            number = self.value()
        return self.textFromValue(max(self.minimum(), min(number, self.maximum())))


class FloatBox(QDoubleSpinBox):
    """A number, written as short as possible: ``0.002``, ``1e-05``. A comma is read as a point, other signs as in
    ``app.ui.typed``. As of an ``IntBox``,
    one outside the limits becomes the limit in the end, unless the limit itself is outside."""

    # Qt asks for the text and its limits while the box is still being made.
    _different = False
    _open = (False, False)

    def __init__(self, low: float, high: float, step: float, open_low: bool = False, open_high: bool = False) -> None:
        super().__init__()
        _prepare(self)
        self._open = (open_low, open_high)
        self.setDecimals(12)
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setStepType(QAbstractSpinBox.StepType.DefaultStepType)
        self.scrub = Scrub(self)

    @property
    def different(self) -> bool:
        """Whether the box stands for several values that differ, and shows none of them."""
        return self._different

    def set_different(self, on: bool) -> None:
        """Show no number, because there are several; its own value is then only where a step begins."""
        if on != self._different:
            self._different = on
            self.lineEdit().setPlaceholderText(DIFFERENT if on else "")
            self.setSuffix("")  # makes Qt ask for the text again

    def take_typed(self, text: str) -> None:
        """Have this number from now on; nobody is told, because Qt tells only of a number that is new to the box."""
        self._different = False
        self.lineEdit().setPlaceholderText("")
        with QSignalBlocker(self):
            self.setValue(self.valueFromText(text))

    def drag_to(self, first: float, steps: float, *, fine: bool) -> None:
        """Be as many steps away from ``first`` as the limits allow. A step of a tiny number is tiny too."""
        unit = self.singleStep()
        if 0 < abs(first) < unit:
            unit = 10.0 ** math.floor(math.log10(abs(first)))
        grain = unit / 10 if fine else unit
        number = float(f"{first + round(steps * unit / grain) * grain:.10g}")
        number = max(self.minimum(), min(self.maximum(), number))
        if self._inside(number):
            self.setValue(number)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)  # on an arrow
        super().mousePressEvent(event)

    def textFromValue(self, value: float) -> str:
        return "" if self._different else f"{value:.10g}"

    def valueFromText(self, text: str) -> float:
        number = typed.fraction(text)
        return self.value() if number is None else number

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        if self._different and not text.strip():
            return _STATE.Acceptable, text, position
        number = typed.fraction(text)
        if number is None:
            return _STATE.Intermediate if typed.begun(text) else _STATE.Invalid, text, position
        return _STATE.Acceptable if self._inside(number) else _STATE.Intermediate, text, position

    def _inside(self, number: float) -> bool:
        above = number > self.minimum() if self._open[0] else number >= self.minimum()
        below = number < self.maximum() if self._open[1] else number <= self.maximum()
        return above and below

    def fixup(self, text: str) -> str:
        number = max(self.minimum(), min(self.valueFromText(text), self.maximum()))
        return self.textFromValue(number if self._inside(number) and not self._different else self.value())

    def stepBy(self, steps: int) -> None:
        before = self.value()
        super().stepBy(steps)
        if not self._inside(self.value()):
            self.setValue(before)


class CalmCombo(QComboBox):
    """A choice that the wheel changes only while it has the focus."""

    def __init__(self) -> None:
        super().__init__()
        calm(self)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)

    def show_different(self) -> None:
        """Choose nothing, because there are several values; tells nobody."""
        with QSignalBlocker(self):
            # Only now: Qt makes room for this text as soon as it is known.
            self.setPlaceholderText(DIFFERENT)
            self.setCurrentIndex(-1)

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint().boundedTo(self.sizeHint())  # Qt keeps the one, and forgets the other in time
        return QSize(min(least.width(), 80), least.height()) if self.currentIndex() < 0 else least
