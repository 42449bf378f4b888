"""A first column without a name: is it an index, which numbers the rows, or does it say something of them?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nodes.api.schema import Guess
from nodes.api.words import quoted
from nodes.reading.tables_examined import ExaminedColumn, left_out
from nodes.reading.tables_numbers import number

if TYPE_CHECKING:
    import polars as pl

_MADE = re.compile(r"column \d+")  # the name of a column that has none
_LEAST = 3  # rows that can be numbered
_FEW = 20  # different whole numbers, which may be classes
_RUN = 4  # different numbers at least where a count begins anew: 0, 1, 0, 1 are classes


def indices_of(columns: Sequence[ExaminedColumn], frame: pl.DataFrame) -> list[ExaminedColumn]:
    """The columns, of which the first is looked at as an index if it has no name."""
    made = list(columns)
    if not made or made[0].role != "feature":
        return made
    first = made[0]
    headless = len(made) > 1 and all(_MADE.fullmatch(column.name) for column in made)
    if len(made) < 2 or not (_MADE.fullmatch(first.name) or first.name.lower().startswith("unnamed")):
        return made
    made[0] = _looked_at(first, frame, headless)
    return made


def _looked_at(first: ExaminedColumn, frame: pl.DataFrame, headless: bool) -> ExaminedColumn:
    rows = len(frame)
    if rows < _LEAST or first.missing:
        return first
    nobody = "The first column has no name and "
    if first.kind == "category" and first.words and first.distinct == rows and not headless:
        return left_out(first, f"{nobody}has another word in each row, as names of rows are, so it is left out")
    if first.kind != "number" or first.steps:
        return first
    values = frame.select(number(first.name, first.typed, first.steps)).to_series()
    if values.null_count() or not bool((values == values.floor()).all()):
        return first
    low, high = float(values.min()), float(values.max())  # type: ignore[arg-type]
    begins = values.eq(low)
    follows = values.diff().eq(1).fill_null(False)
    if low in (0, 1) and bool(begins[0]) and bool((begins | follows).all()):
        anew = int(begins.sum())
        if anew == 1:
            return left_out(first, f"{nobody}numbers the rows, so it is left out")
        if first.distinct >= _RUN and not headless:
            said = f"{nobody}numbers the rows, anew {anew} times, as where tables were put below each other"
            return left_out(first, f"{said}, so it is left out")
    if first.distinct == rows and not headless:
        return left_out(first, f"{nobody}has another whole number in each row, as an index has, so it is left out")
    if first.distinct > _FEW:
        return first
    choices = (
        ("a feature", f"{first.name}=feature"),
        ("what is predicted", f"{first.name}=target"),
        ("left out", f"{first.name}=ignore"),
    )
    said = f"{nobody}holds {first.distinct} whole numbers from {low:g} to {high:g}, several times each"
    guess = Guess("roles", f"{said}; it is called {quoted(first.name, 40)} and is a feature.", choices, choices[0][1])
    return replace(first, asks=(guess, *first.asks))
