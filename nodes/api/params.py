"""Settings of a layer: their kind, limits, default and the words around them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nodes.api.shapes import times
from nodes.api.words import quoted


class BadSetting(ValueError):
    """A value that a setting cannot take. The message is a sentence that names setting and remedy."""


@dataclass(frozen=True, slots=True)
class Param:
    """One setting. ``name`` is torch's word, ``label`` the student's, ``card`` shows it on the node."""

    name: str
    default: Any = None
    label: str = ""
    help: str = ""
    card: bool = False

    @property
    def title(self) -> str:
        """What the inspector writes beside the editor."""
        return self.label or self.name.replace("_", " ")

    def check(self, value: Any) -> Any:
        """The value in its normal form.

        Raises:
            BadSetting: if the setting cannot take ``value``.
        """
        raise NotImplementedError(f"{type(self).__name__} must say which values it takes")

    def format(self, value: Any) -> str:
        """The value as the card of a node shows it."""
        return str(value)

    def _refuse(self, value: Any, need: str, near: str | None = None) -> BadSetting:
        guess = f" Did you mean {near}?" if near else ""
        return BadSetting(f"{self.name} must be {need}, but it is {quoted(value, 40)}.{guess}")


def meant(word: str, options: Iterable[str]) -> str | None:
    """The option that is spelt most like ``word``, in whatever case; None if it is like none."""
    from difflib import get_close_matches  # only where something is refused

    by_small = {option.lower(): option for option in options}
    near = get_close_matches(word.lower(), by_small, n=1, cutoff=0.7)
    return by_small[near[0]] if near else None


def _span(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low:g} to {high:,}" if isinstance(high, int) else f" from {low:g} to {high:g}"
    if low is not None:
        return f", {low:g} or more"
    return f", at most {high:g}" if high is not None else ""


def _or(words: tuple[str, ...]) -> str:
    return "".join(f" or {word}" for word in words)


def _whole(value: Any) -> int | None:
    """``value`` as an int, or None if it is not a whole number. True and False are not numbers here."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


@dataclass(frozen=True, slots=True)
class Int(Param):
    """A whole number from ``low`` to ``high``, both included, or one of ``words``. ``zero`` says what 0 means, where
    that is no number of its own, such as ``as kernel``; it is shown in the place of 0."""

    low: int = 0
    high: int = 1_000_000
    words: tuple[str, ...] = ()
    zero: str = ""

    def check(self, value: Any) -> int | str:
        if isinstance(value, str) and value in self.words:
            return value
        number = _whole(value)
        if number is None or not self.low <= number <= self.high:
            raise self._refuse(value, "a whole number" + _span(self.low, self.high) + _or(self.words))
        return number

    def format(self, value: Any) -> str:
        return self.zero if self.zero and value == 0 else str(value)


@dataclass(frozen=True, slots=True)
class Float(Param):
    """A number from ``low`` to ``high``, both included unless ``open_low``/``open_high``. ``slider`` has a form put one
    beside it, where trying values shows something at once."""

    low: float = -1e9
    high: float = 1e9
    step: float = 0.1
    open_low: bool = False
    open_high: bool = False
    slider: bool = False

    def check(self, value: Any) -> float:
        ok = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
        if ok and math.isfinite(value):
            low_ok = value > self.low if self.open_low else value >= self.low
            high_ok = value < self.high if self.open_high else value <= self.high
            if low_ok and high_ok:
                return float(value)
        opens = " above" if self.open_low else " from"
        closes = " and below" if self.open_high else " to"
        raise self._refuse(value, f"a number{opens} {self.low:g}{closes} {self.high:g}")

    def format(self, value: Any) -> str:
        return f"{value:g}"


@dataclass(frozen=True, slots=True)
class Switch(Param):
    """Yes or no. ``on_card`` is the word the node shows while it is on."""

    on_card: str = ""

    def check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._refuse(value, "true or false")
        return value

    def format(self, value: Any) -> str:
        return (self.on_card or self.title) if value else ""


@dataclass(frozen=True, slots=True)
class Choice(Param):
    """One of a few words."""

    options: tuple[str, ...] = ()

    def check(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise self._refuse(value, "one of " + ", ".join(self.options), meant(str(value), self.options))
        return value


@dataclass(frozen=True, slots=True)
class Several(Param):
    """Some of a few words, or none; in the order of ``options``."""

    options: tuple[str, ...] = ()

    def check(self, value: Any) -> tuple[str, ...]:
        words = [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value
        if not isinstance(words, (list, tuple)) or not all(word in self.options for word in words):
            wrong = next((word for word in words if word not in self.options), "") if isinstance(words, list) else ""
            near = meant(str(wrong), self.options)
            raise self._refuse(value, "some of " + ", ".join(self.options) + ", or none", near)
        return tuple(option for option in self.options if option in words)

    def format(self, value: Any) -> str:
        return ", ".join(value) or "none"


@dataclass(frozen=True, slots=True)
class Sides(Param):
    """As many whole numbers as an image has sides, or one of ``words``. One number stands for all. ``zero`` as in
    ``Int``."""

    low: int = 0
    high: int = 4096
    words: tuple[str, ...] = ()
    zero: str = ""
    count: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if isinstance(self.default, int):
            object.__setattr__(self, "default", (self.default,) * self.count)

    def check(self, value: Any) -> tuple[int, ...] | str:
        if isinstance(value, str) and value in self.words:
            return value
        parts = value if isinstance(value, (list, tuple)) and len(value) == self.count else (value,) * self.count
        numbers = tuple(number for part in parts if (number := _whole(part)) is not None)
        if len(numbers) != self.count or not all(self.low <= side <= self.high for side in numbers):
            need = f"one or {'two' if self.count == 2 else 'three'} whole numbers"
            raise self._refuse(value, need + _span(self.low, self.high) + _or(self.words))
        return numbers

    def format(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if not self.zero or all(value):
            return times(value)
        return "×".join(str(side or self.zero) for side in value) if any(value) else self.zero


@dataclass(frozen=True, slots=True)
class Pair(Sides):
    """Two whole numbers, rows first. One number stands for both."""

    count: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Triple(Sides):
    """Three whole numbers: depth, rows, columns. One number stands for all."""

    count: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class Sizes(Param):
    """A list of whole numbers, such as the shape of an input. With ``least`` 0 the empty list stands for one number."""

    low: int = 1
    high: int = 1_000_000
    least: int = 1
    most: int = 4

    def check(self, value: Any) -> tuple[int, ...]:
        if isinstance(value, (list, tuple)) and self.least <= len(value) <= self.most:
            numbers = [_whole(part) for part in value]
            if all(number is not None and self.low <= number <= self.high for number in numbers):
                return tuple(number for number in numbers if number is not None)
        raise self._refuse(value, f"a list of {self.least} to {self.most} whole numbers" + _span(self.low, self.high))

    def format(self, value: Any) -> str:
        return times(value) or "number"


@dataclass(frozen=True, slots=True)
class Numbers(Param):
    """A list of numbers, possibly empty, such as one weight for each class."""

    low: float = -1e9
    high: float = 1e9
    most: int = 10_000

    def __post_init__(self) -> None:
        if self.default is None:
            object.__setattr__(self, "default", ())

    def check(self, value: Any) -> tuple[float, ...]:
        if isinstance(value, (list, tuple)) and len(value) <= self.most:
            if all(isinstance(part, (int, float)) and not isinstance(part, bool) for part in value):
                if all(self.low <= part <= self.high for part in value):
                    return tuple(float(part) for part in value)
        raise self._refuse(value, f"a list of numbers from {self.low:g} to {self.high:g}, or empty")

    def format(self, value: Any) -> str:
        return ", ".join(f"{part:g}" for part in value)


@dataclass(frozen=True, slots=True)
class Names(Param):
    """A list of names of layers, possibly empty."""

    most: int = 1000

    def __post_init__(self) -> None:
        if self.default is None:
            object.__setattr__(self, "default", ())

    def check(self, value: Any) -> tuple[str, ...]:
        if isinstance(value, (list, tuple)) and len(value) <= self.most:
            if all(isinstance(part, str) and part.isascii() and part.isidentifier() for part in value):
                return tuple(dict.fromkeys(value))
        raise self._refuse(value, "a list of names of layers, or empty")

    def format(self, value: Any) -> str:
        return ", ".join(value)


@dataclass(frozen=True, slots=True)
class Assignments(Param):
    """Settings of something else with their values, as a list of texts: ``beta1=0.5``. ``known`` are those that there
    are; of several with the same name one must take the value."""

    known: tuple[Param, ...] = ()

    def __post_init__(self) -> None:
        if self.default is None:
            object.__setattr__(self, "default", ())

    def check(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, (list, tuple)) or len(value) > 100 or not all(isinstance(each, str) for each in value):
            raise self._refuse(value, "a list such as beta1=0.5, or empty")
        return tuple(f"{name}={set_to}" for name, set_to in self.values(value).items())

    def values(self, parts: Sequence[str]) -> dict[str, Any]:
        """What the texts say, by name.

        Raises:
            BadSetting: if one says nothing that there is.
        """
        found: dict[str, Any] = {}
        for part in parts:
            name, _, text = part.partition("=")
            params = [param for param in self.known if param.name == name.strip()]
            if not params:
                names = ", ".join(dict.fromkeys(param.name for param in self.known))
                raise BadSetting(f"{self.name}: there is no setting {quoted(name.strip(), 40)}. There are: {names}.")
            found[name.strip()] = _first(params, plain_value(text))
        return found

    def format(self, value: Any) -> str:
        return ", ".join(value)


@dataclass(frozen=True, slots=True)
class Columns(Param):
    """What is said of single columns of a table, as a list of texts: ``zip code=category``. Which columns there are,
    only the table knows; ``options`` are the words that may stand behind the sign."""

    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.default is None:
            object.__setattr__(self, "default", ())

    def check(self, value: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            value = self.parts_of(value)
        if (
            not isinstance(value, (list, tuple))
            or len(value) > 1000
            or not all(isinstance(each, str) for each in value)
        ):
            raise self._refuse(value, f"a list such as age={self.options[0]}, or empty")
        return tuple(f"{name}={word}" for name, word in self.words(value).items())

    def parts_of(self, text: str) -> tuple[str, ...]:
        """The texts that somebody has typed with commas or semicolons between them; names and words may hold such signs
        themselves: ``size, in cm=number, day=date, month first``."""
        parts: list[str] = []
        begun = ""
        for piece in re.split(r"([,;]\s*)", text.strip()):
            joined = f"{begun}{piece}"
            more = f"{parts[-1]}{joined}" if parts else ""
            if joined.rpartition("=")[2].strip() in self.options and "=" in joined.strip(" ,;"):
                parts.append(joined.lstrip(" ,;").rstrip())
                begun = ""
            elif more.rpartition("=")[2].strip() in self.options:
                parts[-1], begun = more.rstrip(), ""
            else:
                begun = joined
        rest = begun.strip(" ,;")
        return (*parts, rest) if rest else tuple(parts)

    def words(self, parts: Sequence[str]) -> dict[str, str]:
        """What the texts say, by the name of the column. A name may hold a ``=`` itself.

        Raises:
            BadSetting: if one says nothing that a column can be.
        """
        found: dict[str, str] = {}
        for part in parts:
            name, sign, word = part.rpartition("=")
            if not sign or not name.strip() or word.strip() not in self.options:
                options = ", ".join(self.options)
                raise BadSetting(f"{self.name}: {quoted(part, 60)} must be a column, = and one of: {options}.")
            found[name.strip()] = word.strip()
        return found

    def format(self, value: Any) -> str:
        return ", ".join(value)


def _first(params: Sequence[Param], value: Any) -> Any:
    """The value in the normal form of the first setting that takes it."""
    for param in params[:-1]:
        try:
            return param.check(value)
        except BadSetting:
            continue
    return params[-1].check(value)


def plain_value(text: str) -> Any:
    """What a word on a command line or in a field means: a number, yes or no, or the word itself."""
    text = text.strip()
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        if len(text) < 40 and text.isascii():
            try:
                return kind(text)
            except ValueError:
                continue
    return text


@dataclass(frozen=True, slots=True)
class File(Param):
    """The path of a file, or an empty text for none. Whether there is such a file only its reader finds out: a drawing
    may be made on another machine. ``endings`` such as ``.csv`` are those that the file may have; none means any, and
    so do those that are only ``usual``: then a folder is taken, too, as whoever reads it looks at what it holds."""

    default: Any = ""
    endings: tuple[str, ...] = ()
    usual: bool = False

    def check(self, value: Any) -> str:
        only = self.endings if not self.usual else ()
        kind = f"the path of a file ({', '.join(only)})" if only else "the path of a file"
        if not isinstance(value, str) or len(value) > 4096 or any(ord(letter) < 32 for letter in value):
            raise self._refuse(value, f"{kind}, or empty")
        if value and only and not value.lower().endswith(only):
            raise self._refuse(value, f"{kind}, or empty")
        return value

    def format(self, value: Any) -> str:
        return re.split(r"[/\\]", value)[-1]


@dataclass(frozen=True, slots=True)
class Text(Param):
    """One line of text, possibly empty, such as a name that only the thing that is asked knows."""

    default: Any = ""
    most: int = 200

    def check(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > self.most or any(ord(letter) < 32 for letter in value):
            raise self._refuse(value, f"a line of at most {self.most} letters, or empty")
        return value
