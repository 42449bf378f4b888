"""Numbers typed in every locale that writes minus, the decimal sign or the digits in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QLocale, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QWidget

from app.core.graph.recipe import SETTINGS
from app.ui import typed_numbers
from app.ui.inspector.boxes import FloatBox, IntBox
from app.ui.inspector.editors import Editor, editor_for
from app.ui.inspector.numbers import SidesEditor
from app.ui.window import MainWindow
from nodes.api import Float, Int, Numbers, Pair, Param, Sides, Sizes
from nodes.api.registry import layers
from tests.support.patience import wait_active

MINUS = "\N{MINUS SIGN}"


def unlike_c() -> dict[tuple[str, str, str], QLocale]:
    """One locale of each way to write minus, decimal sign and zero that is not that of programs."""
    found: dict[tuple[str, str, str], QLocale] = {}
    every = QLocale.matchingLocales(QLocale.Language.AnyLanguage, QLocale.Script.AnyScript, QLocale.Country.AnyCountry)
    for locale in every:
        way = (locale.negativeSign(), locale.decimalPoint(), locale.zeroDigit())
        if way != ("-", ".", "0"):
            found.setdefault(way, locale)
    return found


LOCALES = unlike_c()


@pytest.fixture(params=sorted(LOCALES), ids=lambda way: LOCALES[way].name())
def locale(request: pytest.FixtureRequest) -> Iterator[QLocale]:
    """The machine's locale is this one during the test."""
    before = QLocale()
    QLocale.setDefault(LOCALES[request.param])
    yield LOCALES[request.param]
    QLocale.setDefault(before)


def ways(locale: QLocale, number: float) -> set[str]:
    """How somebody in this locale may type a number."""
    local = locale.toString(float(number), "f", 0 if number == int(number) else 2)
    plain = str(int(number)) if number == int(number) else f"{number:.2f}"
    return {
        local,
        plain,
        plain.replace("-", MINUS),
        plain.replace("-", locale.negativeSign()),
        plain.replace(".", locale.decimalPoint()),
        plain.replace("-", MINUS).replace(".", ","),
    }


def type_over(field: QWidget, text: str) -> None:
    """Replace what stands in a field, letter by letter, and finish with Return."""
    line = field.lineEdit() if isinstance(field, QAbstractSpinBox) else field
    assert isinstance(line, QLineEdit)
    field.setFocus()
    line.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    for letter in text:  # QTest types Latin letters only
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(field, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))
    QTest.keyClick(field, Qt.Key.Key_Return)


def shown(field: QWidget) -> str:
    text = field.text()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


def on_screen(qtbot: Any, editor: Editor) -> list[Any]:
    """Show an editor; the list takes what it tells."""
    told: list[Any] = []
    editor.edited.connect(told.append)
    qtbot.addWidget(editor)
    editor.show()
    editor.activateWindow()
    wait_active(editor)
    return told


def test_there_are_such_locales() -> None:
    """Fails if the list the other tests run through has become empty or lost what was reported."""
    assert MINUS in {way[0] for way in LOCALES}
    assert {"٠", "۰"} <= {way[2] for way in LOCALES}
    assert "," in {way[1] for way in LOCALES}


def test_every_locale_can_type_and_type_again(locale: QLocale, qtbot: Any) -> None:
    """Fails if a negative number or a fraction is refused, read as another, or shown so that it cannot be typed."""
    box: IntBox | FloatBox
    for box, numbers in ((IntBox(-5000, 5000), (-12, 7, -1024)), (FloatBox(-50, 50, 0.1), (-1.25, 0.5, -3))):
        qtbot.addWidget(box)
        box.show()
        box.activateWindow()
        wait_active(box)
        for number in numbers:
            for text in ways(locale, number):
                if isinstance(box, IntBox) and locale.groupSeparator() in text and abs(number) >= 1000:
                    continue
                box.setValue(1)
                type_over(box, text)
                assert box.value() == number, text
                seen = shown(box)
                assert seen.isascii(), seen
                box.setValue(1)
                type_over(box, seen)
                assert box.value() == number, seen


def test_half_a_count_is_no_other_count(qtbot: Any) -> None:
    """Fails if 2.5 epochs are taken for 25 without a word, or a count in groups, with zeros behind the point or with
    an exponent is not read."""
    editor = editor_for(Int("epochs", 20, low=1, high=100_000, help="How often."))
    said: list[str] = []
    editor.hinted.connect(said.append)
    told = on_screen(qtbot, editor)
    type_over(editor.fields()[0], "2.5")
    assert told[-1:] in ([], [2])
    assert "Epochs must be a whole number from 1 to 100,000, but it is 2.5." in said
    assert shown(editor.fields()[0]) == str(told[-1] if told else 20)
    for text, number in (("1,024", 1024), ("12.000", 12_000), ("3.0", 3), ("1e3", 1000), ("7", 7)):
        type_over(editor.fields()[0], text)
        assert told[-1] == number, text


def test_lists_and_sides_read_the_same_signs(locale: QLocale, qtbot: Any) -> None:
    """Fails if only boxes know the signs of the locale, not lists and rows of boxes."""
    sizes = editor_for(Sizes("shape", (3,), low=-9, high=9, help="Sizes."))
    told = on_screen(qtbot, sizes)
    for sign in ("-", MINUS, locale.negativeSign()):
        type_over(sizes.fields()[0], f"{sign}2, 3")
        assert told[-1] == (-2, 3), sign
        type_over(sizes.fields()[0], "1")
    type_over(sizes.fields()[0], f"{locale.toString(4)} 5")
    assert told[-1] == (4, 5)
    numbers = editor_for(Numbers("weights", low=-10.0, high=10.0, help="Numbers."))
    told = on_screen(qtbot, numbers)
    type_over(numbers.fields()[0], f"{MINUS}1.5, {locale.negativeSign()}2")
    assert told[-1] == (-1.5, -2.0)
    half = f"0{locale.decimalPoint()}5"
    type_over(numbers.fields()[0], f"{half}; {MINUS}1{locale.decimalPoint()}25")
    assert told[-1] == (0.5, -1.25)
    type_over(numbers.fields()[0], shown(numbers.fields()[0]))
    assert told[-1] == (0.5, -1.25)
    pair = editor_for(Pair("padding", 0, low=-9, high=9, help="Padding."))
    pair.show_value((0, 0))
    assert isinstance(pair, SidesEditor)
    told = on_screen(qtbot, pair)
    type_over(pair.boxes[0], f"{MINUS}3")
    assert told[-1] == (-3, -3)


def test_a_comma_that_separates_where_it_could_be_a_point_is_told(qtbot: Any) -> None:
    """Fails if 0,5 becomes two weights without a word in a locale that writes fractions with a comma."""
    before = QLocale()
    QLocale.setDefault(QLocale("sv_SE"))
    try:
        numbers = editor_for(Numbers("weights", low=-10.0, high=10.0, help="Numbers."))
    finally:
        QLocale.setDefault(before)
    hints: list[str] = []
    numbers.hinted.connect(hints.append)
    told = on_screen(qtbot, numbers)
    line = numbers.fields()[0]
    line.setFocus()
    QTest.keyClicks(line, "0,5")
    assert told[-1] == (0.0, 5.0)
    assert "Read as 0, 5." in hints[-1]
    QTest.keyClicks(line, "; 2")
    assert told[-1] == (0.5, 2.0)
    assert hints[-1] == ""


def settings() -> list[Param]:
    """Every setting of every layer and of the recipe that is a number, each kind and range once."""
    found: dict[object, Param] = {}
    for param in (*SETTINGS, *(param for layer in layers().values() for param in layer.params)):
        if isinstance(param, Int | Float | Sides) and (isinstance(param, Sides) or param.low < 0):
            found.setdefault((type(param), param.low, param.high, bool(getattr(param, "words", ()))), param)
    return list(found.values())


@pytest.mark.parametrize("name", ["sv_SE", "nb_NO", "fi_FI", "ar_EG", "fa_IR"])
def test_every_setting_below_zero_takes_the_sign_of_the_locale(name: str, qtbot: Any) -> None:
    """Fails if a setting of some layer has an editor that reads numbers in a way of its own."""
    before = QLocale()
    locale = QLocale(name)
    QLocale.setDefault(locale)
    try:
        below = 0
        for param in settings():
            editor = editor_for(param)
            on_screen(qtbot, editor)
            number = max(param.low, -7) if param.low < 0 else min(param.high, 7)
            for sign in ("-", MINUS, locale.negativeSign()):
                box = next(field for field in editor.fields() if isinstance(field, QAbstractSpinBox))
                if not box.isVisible():
                    break
                box.setValue(1 if number != 1 else 2)  # type: ignore[attr-defined]
                type_over(box, str(number).replace("-", sign))
                assert box.value() == number, (param.name, sign)  # type: ignore[attr-defined]
                below += number < 0
            editor.hide()
        assert below
    finally:
        QLocale.setDefault(before)


def test_dialogs_and_dreams_read_the_digits_of_the_locale(window: MainWindow, qtbot: Any) -> None:
    """Fails if a number field outside the inspector has a reading of its own."""
    window.show_panel("dream")
    box = window.dream.steps
    for text in ("٤٢", "۴۲", "42"):
        box.setValue(7)
        type_over(box, text)
        assert box.value() == 42


def test_the_command_palette_reads_them_too(window: MainWindow) -> None:
    """Fails if "learning rate 0,01" is not understood, or a number below zero is no number."""
    from app.ui.command_palette.offers import typed as offered

    offer = offered(window, "learning rate 0,01")
    assert offer is not None
    assert offer.title == "Set learning rate to 0.01"
    refused = offered(window, f"epochs {MINUS}3")
    assert refused is not None
    assert refused.reason


def test_what_is_no_number_stays_none() -> None:
    """Fails if letters, two signs or nothing become a number."""
    for text in ("", "-", "--3", "3-", "x", f"{MINUS}{MINUS}1", "1 2", "½"):
        assert typed_numbers.whole(text) is None, text
        assert typed_numbers.fraction(text) is None, text
    assert typed_numbers.whole("\N{LEFT-TO-RIGHT MARK}-5") == -5
    assert typed_numbers.begun(MINUS)
    assert not typed_numbers.begun("a")
