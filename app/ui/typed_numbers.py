"""How a number that a person typed is read: one rule for every field, whatever the locale of the machine.

Numbers are shown as programs write them: ``-3``, ``0.5``. Typed they may also be as the locale writes them: with
U+2212 or another sign for minus (Swedish, Norwegian, Persian …), with a decimal comma, with the digits of another
script and with the invisible marks of direction that Arabic and Hebrew keyboards add.
"""

from __future__ import annotations

import re

# Minus signs and the hyphens and dashes that take their place; Qt's locales have the first two beside "-".
_MINUS = "\N{MINUS SIGN}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{SMALL HYPHEN-MINUS}"
_MINUS += "\N{FULLWIDTH HYPHEN-MINUS}\N{SUPERSCRIPT MINUS}"
_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
_SIGNS = {
    **dict.fromkeys(_MINUS, "-"),
    "\N{FULLWIDTH PLUS SIGN}": "+",
    "\N{ARABIC DECIMAL SEPARATOR}": ".",
    "\N{FULLWIDTH FULL STOP}": ".",
    "\N{ARABIC COMMA}": ",",
    "\N{FULLWIDTH COMMA}": ",",
    "\N{ARABIC SEMICOLON}": ";",
}


def plain(text: str) -> str:
    """The same text with the signs and digits of ASCII, without marks of direction. Commas stay commas."""
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in _SIGNS:
        return _SIGNS[letter]
    import unicodedata  # a megabyte of tables, and most type none of these

    if unicodedata.category(letter) == "Cf":
        return ""
    digit = unicodedata.decimal(letter, None)
    return letter if digit is None else str(digit)


def whole(text: str) -> int | None:
    """The whole number that is typed; None if it is none."""
    try:
        return int(plain(text))
    except ValueError:
        return None


def counted(text: str) -> int | None:
    """The same, also in groups of three (``1,024``) or as ``2.0`` and ``1e3``; None for ``2.5``, which is no count."""
    number = whole(text)
    if number is None and _GROUPS.fullmatch(plain(text).strip()):
        number = whole(re.sub("[.,]", "", text))
    if number is None:
        exact = fraction(text)
        number = int(exact) if exact is not None and exact.is_integer() else None
    return number


def fraction(text: str) -> float | None:
    """The number that is typed, with a point or a comma; None if it is none."""
    try:
        return float(plain(text).replace(",", "."))
    except ValueError:
        return None


def begun(text: str, letters: str = "0123456789.,eE+-") -> bool:
    """Whether a number could still become of this: nothing but digits and signs so far."""
    return all(letter in letters for letter in plain(text).strip())
