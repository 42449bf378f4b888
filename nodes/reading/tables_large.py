"""All rows of a large text of which a sample was looked at, read with the types that the sample has."""

from __future__ import annotations

import csv
import math
import mmap
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.schema import NoData
from nodes.reading.tables_dialect import Dialect
from nodes.reading.tables_frame import TableRows

if TYPE_CHECKING:
    import polars as pl

_REMEDY = "Look at every row of it, so that this is noticed and can be chosen."


@dataclass(frozen=True)
class TypesOfColumns:
    """How the columns of a large text are read; others are text. ``numbers`` are columns of numbers, of which ``comma``
    have a comma before their fractions and ``digits`` hold digits alone in the sample. ``narrow`` are those of the
    numbers that are kept as float32. ``words`` are the words of columns of few, which are read as an Enum. ``nulls``
    are cells that stand for nothing."""

    numbers: Collection[str] = ()
    comma: Collection[str] = ()
    digits: Collection[str] = ()
    narrow: Collection[str] = ()
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    nulls: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """How the numbers of a column lie: the last one is as exact as a float32."""

    low: float
    high: float
    mean: float
    std: float

    def filled(self, count: int, gaps: int, fill: float) -> Spread:
        """The same of all ``count`` cells, where ``fill`` stands in ``gaps`` of them."""
        there = count - gaps
        mean = (self.mean * there + fill * gaps) / count
        squares = there * (self.std**2 + (self.mean - mean) ** 2) + gaps * (fill - mean) ** 2
        return Spread(min(self.low, fill), max(self.high, fill), mean, math.sqrt(squares / count))


@dataclass(frozen=True)
class LargeRows:
    """All rows of a text, and how the numbers of those columns lie that are float32: of one in which something is
    infinite, no number or too large, the mean is no finite number. One without a number has none."""

    frame: pl.DataFrame
    spreads: Mapping[str, Spread]


def tallied(rows: TableRows, path: Path, names: Sequence[str]) -> pl.DataFrame:
    """How often each combination of the cells of these columns stands in all rows of a large text, as ``len``.

    Raises:
        NoData: if a row is not as those of the sample.
    """
    import polars as pl

    assert rows.dialect is not None
    try:
        return _scanned(rows, path, {}).select(names).group_by(names).agg(pl.len().alias("len")).collect()
    except pl.exceptions.PolarsError as error:
        raise _unlike(path, error) from None


def _scanned(
    rows: TableRows, path: Path, types: Mapping[str, Any], comma: bool = False, nulls: Sequence[str] = ()
) -> pl.LazyFrame:
    """The rows, read as text but for columns of these types."""
    import polars as pl

    assert rows.dialect is not None
    schema = pl.Schema(dict.fromkeys(rows.names, pl.String) | dict(types))
    return pl.scan_csv(
        path, has_header=False, separator=rows.dialect.separator, skip_lines=rows.at, schema=schema,
        null_values=list(nulls) or None, decimal_comma=comma, glob=False,
    )  # fmt: skip


def _unlike(path: Path, error: Exception) -> NoData:
    said = " ".join(str(error).split())[:120]
    return NoData(f"{path.name} has rows that are not as those in its sample: {said}. {_REMEDY}")


def read_large(rows: TableRows, path: Path, wanted: TypesOfColumns) -> LargeRows:
    """All rows. Where a cell is not as ``wanted``, columns of words are text, or all are. The streaming engine makes
    each piece of the file what is kept of it, while it is in the processor's cache, and never holds all numbers as
    float64. (It could measure them as well, which takes longer than to do so afterwards.)

    Raises:
        NoData: if a row is not as those of the sample.
    """
    import polars as pl

    assert rows.dialect is not None
    comma = bool(wanted.comma) and not _has_point(path)
    read = [name for name in wanted.numbers if comma or name not in wanted.comma]
    numbers: dict[str, Any] = dict.fromkeys(read, pl.Float64)
    coded = numbers | {name: pl.Enum(list(known)) for name, known in wanted.words.items()}
    # Digits alone are read a sixth sooner so.
    digits = coded | {name: pl.Int64 for name in wanted.digits if name in numbers}
    tried: Mapping[str, Any] | None = None
    frame, reason = None, None
    for types in (digits, coded, numbers, {}):
        if types == tried or (types is coded and "i64" not in str(reason or "i64")):
            continue  # what stands among digits is a word
        tried = types
        small: dict[Any, Any] = {name: pl.Float32 for name in wanted.narrow if name in types}
        whole = [pl.col(name).cast(pl.Float64) for name in types if types[name] == pl.Int64]
        scan = _scanned(rows, path, types, comma, wanted.nulls).with_columns(whole).cast(small)
        try:
            frame = scan.collect(engine="streaming")
            break
        except pl.exceptions.PolarsError as error:
            reason = error  # a word among the numbers: the columns themselves find the row
    if frame is None:
        assert reason is not None
        raise _unlike(path, reason) from None
    last = rows.names[-1]
    if frame[last].null_count() and rows.dialect.width > 1:
        empty = frame.filter(pl.col(last).is_null())
        blank = empty.filter(pl.all_horizontal(pl.all().is_null()))
        if len(blank):
            raise NoData(f"{path.name} has {len(blank):,} blank rows. {_REMEDY}")
        if short := _short(path, rows.dialect):
            raise NoData(f"Row {short:,} of {path.name} has too few fields. {_REMEDY}")
    narrow = [each for each in frame.get_columns() if each.dtype == pl.Float32 and each.null_count() < len(each)]
    return LargeRows(frame, dict(zip((each.name for each in narrow), spreads_of(narrow))))


def spreads_of(columns: Sequence[pl.Series]) -> list[Spread]:
    """How the numbers of each column lie, each of which has some. One column after another in each thread, while it is
    in the processor's cache; polars lets go of Python's lock meanwhile."""
    from concurrent.futures import ThreadPoolExecutor

    def measured(column: pl.Series) -> Spread:
        found: tuple[Any, ...] = (column.min(), column.max(), column.mean(), column.std(ddof=0))
        return Spread(*found)

    # Threads of this look alone: none is left behind it.
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1), "ranges") as pool:
        return list(pool.map(measured, columns))


def _has_point(path: Path) -> bool:
    """Whether a full stop stands anywhere in a file. Told that a comma stands before fractions, polars takes a full
    stop for one, too: 1.234 would be less than two."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        return held.find(b".") >= 0


def _short(path: Path, dialect: Dialect) -> int:
    """The first row with too few fields; 0 if there is none."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for place, row in enumerate(csv.reader(file, delimiter=dialect.separator), start=1):
            if len(row) < dialect.width and place > dialect.titles:
                return place
    return 0
