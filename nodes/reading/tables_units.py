"""Numbers that are written with one unit throughout, as 12 kg, and numbers that stand for no value, as -999."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from nodes.api.schema import Guess

Steps = tuple[tuple[str, str], ...]
WITHOUT = "number without codes"  # a kind of column: -999 and its like are missing
_UNIT = r"^[+-]?[\d.,]+(\s*)([A-Za-zµ°Ω][A-Za-zµ°Ω0-9/²³^]{0,11}|/\s?\d{1,4})$"
_KNOWN = frozenset(
    "kg g mg t lb lbs oz km m cm mm mi ft in s ms min h hr hrs d l ml hz khz mhz ghz v a w kw kwh hp bhp cc nm mph kmh "
    "km/h kmpl m/s pa hpa bar °c °f °c. k mb gb tb kb px usd eur gbp chf".split()
)
_CODES = (-999.0, -9999.0, -99999.0, -999.9, -9999.9)
_CODE = r"^-9{3,5}(\.[09]+)?$"
_MUCH_LARGER = 3  # times less than the code must any other number be


def unit_of(known: pl.Series) -> tuple[str, bool]:
    """The unit that all cells have behind a number, empty if there is none; and whether it surely is one, rather than
    part of a word such as 4wd."""
    head = known.head(50).to_list()
    found = [re.match(_UNIT, cell) for cell in head]
    units = {match[2] for match in found if match is not None}
    if len(units) != 1 or any(match is None for match in found):
        return "", False
    (unit,) = units
    if not bool(known.str.contains(rf"^[+-]?[\d.,]+\s*{re.escape(unit)}$").all()):
        return "", False
    apart = all(match is not None and match[1] for match in found)
    return unit, apart or unit.lower() in _KNOWN or unit.startswith("/")  # 7 / 10, as points of a quiz


def without_unit(unit: str) -> Steps:
    """What leaves off a unit."""
    return ((rf"\s*{re.escape(unit)}$", ""),)


def code_for_missing(low: Any, above: float | None) -> str:
    """The lowest number of a column, if it is one that many programs write where nothing was measured; empty else.
    ``above`` is the next higher number."""
    if low not in _CODES or above is None or above < low / _MUCH_LARGER:
        return ""
    return f"{low:g}"


def is_about_codes(ask: Guess) -> bool:
    """Whether a question about the kind of a column is about such numbers."""
    return ask.setting == "kinds" and any(str(value).endswith(f"={WITHOUT}") for _, value in ask.choices)


LEAVES_CODES: Steps = ((_CODE, ""),)
