"""Columns of plain numbers, told from others all at once: of a table of thousands of columns, one look at each of them
alone would take seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

LARGEST = 3.4e38  # that a float32 holds
_HEAD = 20  # cells that are tried first
LEADING = r"^(0\d+|\+\d{7,})$"  # what may be a code: a zero in front, or a number of a phone


@dataclass(frozen=True, slots=True)
class PlainColumn:
    """A column whose cells are all numbers as they stand, but for those without a value. ``cells`` counts the different
    cells, ``distinct`` the different numbers; ``whole`` says that none has a fraction."""

    cells: int
    distinct: int
    whole: bool
    low: Any
    high: Any


def number(name: str, typed: bool, steps: Sequence[tuple[str, str]]) -> pl.Expr:
    """The numbers of a column; null for what is none, or is none that a float32 holds."""
    import polars as pl

    cells = pl.col(name)
    if not typed:
        for pattern, other in steps:
            cells = cells.str.replace_all(pattern, other)
        cells = cells.cast(pl.Float64, strict=False)
    return pl.when(cells.abs() <= LARGEST).then(cells).alias(name)


def _numbers(frame: pl.DataFrame) -> pl.DataFrame:
    """The same of all columns of a frame, in three steps for all of them."""
    import polars as pl

    made = frame.with_columns(pl.col(pl.String).cast(pl.Float64, strict=False))
    return made.select(pl.when(pl.all().abs() <= LARGEST).then(pl.all()))


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
    heads = pl.DataFrame([series.head(_HEAD) for series in possible])
    numbers = _numbers(heads)
    before, after = _of_each(heads.null_count()), _of_each(numbers.null_count())
    possible = [series for series in possible if before[series.name] == after[series.name]]
    if not possible:
        return {}
    cells = pl.DataFrame(possible)
    values = _numbers(cells)
    gone = _of_each(values.null_count())
    kept = [name for name in values.columns if gone[name] == missing[name]]
    if not kept:
        return {}
    cells = pl.DataFrame([cells.get_column(name) for name in kept])
    values = pl.DataFrame([values.get_column(name) for name in kept])
    whole = _of_each(values.select((pl.all() == pl.all().floor()).all()))
    texts = [name for name in kept if whole[name] and cells.schema[name] == pl.String]
    codes = _of_each(cells.select(pl.col(texts).str.contains(LEADING).any())) if texts else {}
    different, distinct = _of_each(cells.select(pl.all().n_unique())), _of_each(values.select(pl.all().n_unique()))
    low, high = _of_each(values.min()), _of_each(values.max())
    return {
        name: PlainColumn(
            different[name] - bool(missing[name]),
            distinct[name] - bool(missing[name]),
            whole[name],
            low[name],
            high[name],
        )
        for name in kept
        if not codes.get(name)
    }


def _of_each(frame: pl.DataFrame) -> dict[str, Any]:
    """The one row of a frame, by the names of its columns."""
    return dict(zip(frame.columns, frame.row(0)))
