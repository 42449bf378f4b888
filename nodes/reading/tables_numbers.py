"""Columns of plain numbers, told from others all at once: of a table of thousands of columns, one look at each of them
alone would take seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

LARGEST = 3.4e38  # that a float32 holds
_HEAD = 20  # cells that are tried first
LEADING = r"^(0\d+|\+\d{7,})$"  # what may be a code: a zero in front, or a number of a phone
DIGITS = r"^-?[0-9]{1,18}$"  # that are read as a whole number


@dataclass(frozen=True, slots=True)
class PlainColumn:
    """A column whose cells are all numbers as they stand, but for those without a value. ``several`` says that not all
    cells are written alike, ``whole`` that no number has a fraction, and ``digits`` that each is written in digits
    alone. ``distinct`` counts the different numbers."""

    several: bool
    distinct: int
    whole: bool
    digits: bool
    low: Any
    high: Any
    mean: float


def number(name: str, typed: bool, steps: Sequence[tuple[str, str]]) -> pl.Expr:
    """The numbers of a column; null for what is none, or is none that a float32 holds."""
    import polars as pl

    cells = pl.col(name)
    if not typed:
        for pattern, other in steps:
            cells = cells.str.replace_all(pattern, other)
        cells = cells.cast(pl.Float64, strict=False)
    return pl.when(cells.abs() <= LARGEST).then(cells).alias(name)


def plain_columns(frame: pl.DataFrame) -> dict[str, PlainColumn]:
    """Those columns of a cleaned frame, by their names. One that holds codes, which begin with zeros, is none."""
    import polars as pl

    missing = _of_each(frame.null_count())
    possible = [
        series
        for series in frame.get_columns()
        if missing[series.name] < len(series)
        and (series.dtype == pl.String or series.dtype.is_float() or series.dtype.is_integer())
    ]
    if not possible:
        return {}
    # A cell that is no number is most often among the first: no whole column of words is read as numbers.
    read = pl.col(pl.String).cast(pl.Float64, strict=False)
    heads = pl.DataFrame([series.head(_HEAD) for series in possible])
    before, after = _of_each(heads.null_count()), _of_each(heads.with_columns(read).null_count())
    possible = [series for series in possible if before[series.name] == after[series.name]]
    if not possible:
        return {}
    values = pl.DataFrame(possible).with_columns(read)
    gone = _of_each(values.null_count())
    cells = {series.name: series for series in possible if gone[series.name] == missing[series.name]}
    if not cells:
        return {}
    values = pl.DataFrame([values.get_column(name).alias(str(at)) for at, name in enumerate(cells)])
    every = pl.all()
    asked = (every.min(), every.max(), every.mean(), (every == every.floor()).all(), every.n_unique())
    # One query for all that is asked of all columns.
    facts = values.select(each.name.suffix(f" {at}") for at, each in enumerate(asked)).row(0)
    told = dict(zip(cells, zip(*(facts[at : at + len(cells)] for at in range(0, len(facts), len(cells))))))
    # What is infinite or no number shows in the mean.
    told = {
        name: facts
        for name, facts in told.items()
        if math.isfinite(facts[2]) and -LARGEST <= facts[0] <= facts[1] <= LARGEST
    }
    texts = [cells[name] for name, facts in told.items() if facts[3] and cells[name].dtype == pl.String]
    codes = _of_each(pl.DataFrame(texts).select(pl.all().str.contains(LEADING).any())) if texts else {}
    digits = _of_each(pl.DataFrame(texts).select(pl.all().str.contains(DIGITS).all())) if texts else {}
    found = {}
    for name, (low, high, mean, whole, different) in told.items():
        if not codes.get(name):
            gaps = bool(missing[name])
            several = low < high or cells[name].n_unique() - gaps > 1
            found[name] = PlainColumn(several, different - gaps, whole, digits.get(name, False), low, high, mean)
    return found


def _of_each(frame: pl.DataFrame) -> dict[str, Any]:
    """The one row of a frame, by the names of its columns."""
    return dict(zip(frame.columns, frame.row(0)))
