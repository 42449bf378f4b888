"""Settings that vary, as they are written: ``lr=0.1,0.01``, ``seed=0..7``, ``fc1.out_features=16~256/5``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

from nodes.api import quoted
from nodes.api.params import plain_value

USUAL_POINTS = 5  # of a range of numbers that are not whole, where nothing else is said
MOST_POINTS = 1000  # of one setting
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})(\.\.|~)({_NUMBER})(?:/(\d+))?")
_SIDES = re.compile(r"\d+(?:[x×]\d+)+")


class BadVariants(ValueError):
    """What is to vary cannot. The message is a sentence."""


@dataclass(frozen=True)
class SettingRange:
    """Numbers from ``low`` to ``high``, both included. ``log``: evenly on a logarithmic scale. ``whole`` numbers
    alone. ``count`` is how many of them a grid takes; None for all whole ones, or ``USUAL_POINTS``."""

    low: float
    high: float
    log: bool = False
    whole: bool = False
    count: int | None = None

    def points(self) -> tuple[float, ...]:
        """Those that a grid takes."""
        if self.whole and self.count is None and not self.log:
            return tuple(range(int(self.low), int(self.high) + 1))
        count = self.count if self.count is not None else USUAL_POINTS
        shares = [place / (count - 1) for place in range(count)] if count > 1 else [0.0]
        return tuple(dict.fromkeys(self.at(share) for share in shares))

    def at(self, share: float) -> float:
        """The number so far on the way from ``low`` (0) to ``high`` (1)."""
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        if self.whole:
            return min(max(round(value), int(self.low)), int(self.high))
        return min(max(float(f"{value:.3g}"), self.low), self.high)

    def share(self, value: float) -> float:
        """How far a number is on the way from ``low`` (0) to ``high`` (1)."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def __str__(self) -> str:
        sign = "~" if self.log else ".."
        return f"{self.low:g}{sign}{self.high:g}{f'/{self.count}' if self.count is not None else ''}"


@dataclass(frozen=True)
class SweepAxis:
    """A setting with the values it takes: one range, or values one by one."""

    name: str
    values: tuple[Any, ...] = ()
    range: SettingRange | None = None

    def points(self) -> tuple[Any, ...]:
        """Those that a grid takes."""
        return self.range.points() if self.range is not None else self.values

    def drawn(self, random: Random) -> Any:
        """One of them by chance; of a range any number in it."""
        if self.range is None:
            return random.choice(self.values)
        if self.range.whole and not self.range.log:
            return random.randint(int(self.range.low), int(self.range.high))
        return self.range.at(random.random())

    def __str__(self) -> str:
        return f"{self.name}={self.range if self.range is not None else ','.join(map(written, self.values))}"


def axis(text: str) -> SweepAxis:
    """What ``--vary`` asks for.

    Raises:
        BadVariants: for a text that says no name, no value or no range.
    """
    name, sign, rest = text.partition("=")
    name = name.strip()
    if not sign or not name:
        raise BadVariants(f"What varies needs a name and values, such as lr=0.1,0.01 or seed=0..7, not {quoted(text)}.")
    parts = [part.strip() for part in rest.split(",")]
    if not all(parts):
        raise BadVariants(f"A value is missing in {quoted(text)}. Write {name}=FIRST,SECOND or a range such as 0..7.")
    ranges = [_range(name, part) for part in parts]
    if len(parts) == 1 and ranges[0] is not None:
        return SweepAxis(name, range=ranges[0])
    values: list[Any] = []
    for part, found in zip(parts, ranges, strict=True):
        values += found.points() if found is not None else [_value(part)]
    kept = tuple(dict.fromkeys(values))
    if len(kept) > MOST_POINTS:
        raise BadVariants(f"{name} takes {len(kept):,} values, more than the {MOST_POINTS:,} that are possible.")
    return SweepAxis(name, kept)


def axes(texts: Sequence[str]) -> tuple[SweepAxis, ...]:
    """All that varies.

    Raises:
        BadVariants: as ``axis`` does, and for a setting that is named twice.
    """
    found = tuple(axis(text) for text in texts)
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            raise BadVariants(f"{name} is given twice. Write all its values in one: {name}=FIRST,SECOND.")
    return found


def _range(name: str, text: str) -> SettingRange | None:
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    low, sign, high, count = match.groups()
    first, last = plain_value(low), plain_value(high)
    log, whole = sign == "~", isinstance(first, int) and isinstance(last, int)
    if not first < last:
        raise BadVariants(f"{name}: a range goes from the smaller number to the larger one, not {text}.")
    if log and first <= 0:
        raise BadVariants(f"{name}: a range with ~ is even on a logarithmic scale, so it begins above 0, not {text}.")
    points = int(count) if count is not None else None
    if points is not None and not 2 <= points <= MOST_POINTS:
        raise BadVariants(f"{name}: a range has from 2 to {MOST_POINTS:,} values, not {points:,}.")
    if points is None and whole and not log and last - first >= MOST_POINTS:
        raise BadVariants(f"{name}: {text} are {last - first + 1:,} values. Say how many of them, such as {text}/5.")
    return SettingRange(float(first) if not whole else first, float(last) if not whole else last, log, whole, points)


def _value(text: str) -> Any:
    if _SIDES.fullmatch(text):
        return tuple(int(side) for side in re.split("[x×]", text))
    return plain_value(text)


def written(value: Any) -> str:
    """A value as it is written in what varies."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def combinations(every: Sequence[SweepAxis]) -> Iterator[dict[str, Any]]:
    """All combinations; the last setting changes fastest."""
    names = [each.name for each in every]
    return (dict(zip(names, values, strict=True)) for values in product(*(each.points() for each in every)))


def count_of(every: Sequence[SweepAxis]) -> int:
    """How many combinations there are."""
    return math.prod(len(each.points()) for each in every)


def drawn(every: Sequence[SweepAxis], tries: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """As many combinations by chance, no one twice; fewer if there are no more. The same seed gives the same."""
    random, known = Random(seed), set()
    for _ in range(100 * tries):
        found = {each.name: each.drawn(random) for each in every}
        key = tuple(found.values())
        if key not in known:
            known.add(key)
            yield found
        if len(known) == tries:
            return
