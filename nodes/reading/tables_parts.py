"""The parts that a table brings, and the groups of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nodes.api.schema import PARTS
from nodes.api.words import listed, quoted
from nodes.reading import tables_columns as columns_of
from nodes.reading.tables_columns import PART_WORDS
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_frame import EveryRowCounts, TableRows
from nodes.reading.tables_large import tallied
from nodes.reading.tables_values import value_frame

if TYPE_CHECKING:
    import polars as pl


def part_of(word: str | None) -> str:
    """The part of PARTS that a word in a column of parts means; what means none is for training."""
    return PART_WORDS.get((word or "").lower(), "train")


def _no_parts(words: Iterable[str | None]) -> list[str]:
    """Those words of a column of parts that mean none."""
    return sorted({word or "" for word in words} - {word for word in words if (word or "").lower() in PART_WORDS})


def parts_of(cells: pl.Series) -> pl.Series:
    """The part of PARTS that each cell of a column of parts means."""
    import polars as pl

    words = columns_of.spelled(cells).unique().to_list()
    return columns_of.spelled(cells).replace_strict({word: part_of(word) for word in words}, return_dtype=pl.String)


def counts(cells: pl.Series) -> dict[str | None, int]:
    """How often each word of a column of parts stands there."""
    return dict(columns_of.spelled(cells).value_counts().iter_rows())


def sizes(counted: Mapping[str | None, int]) -> dict[str, int]:
    """The number of rows in each part that has any."""
    found = {name: sum(n for word, n in counted.items() if part_of(word) == name) for name in PARTS}
    return {name: count for name, count in found.items() if count}


def tally(
    path: Path, rows: TableRows, part: ExaminedColumn, target: ExaminedColumn | None
) -> tuple[dict[str | None, int], tuple[int, ...]]:
    """How often each word of the column of parts stands in all rows of a large file, and each class of the target."""
    import polars as pl

    names = [part.name] if target is None else [part.name, target.name]
    cleaned = columns_of.cleaned(tallied(rows, path, names))
    words = dict(cleaned.group_by(part.name).agg(pl.col("len").sum()).iter_rows())
    if target is None:
        return words, ()
    values = value_frame(cleaned, (target,)).with_columns(cleaned["len"])
    classes = dict(values.group_by(target.name).agg(pl.col("len").sum()).iter_rows())
    if target.kind == "ordered category":
        classes = {target.words[int(rank)] if rank is not None else None: n for rank, n in classes.items()}
    if not classes.keys() <= set(target.words):
        raise EveryRowCounts  # a class that is not in the sample, or a row without one
    return words, tuple(classes.get(word, 0) for word in target.words)


def strange(part: ExaminedColumn, rows: TableRows, frame: pl.DataFrame, tally: Mapping[str | None, int]) -> list[str]:
    """That words of a column of parts mean none, in a sentence."""
    counted = counts(frame[part.name]) if rows.whole else tally
    odd = _no_parts(counted)
    if not odd:
        return []
    many = sum(counted.get(word or None, 0) for word in odd)
    words = listed([quoted(word, 20) if word else "nothing" for word in odd], most=3)
    rows_say = f"{many:,} row says" if many == 1 else f"{many:,} rows say"
    return [
        f"{rows_say} {words} in {quoted(part.name, 40)}, which is no part, and {'counts' if many == 1 else 'count'} "
        "as training"
    ]


def training(part: ExaminedColumn | None, frame: pl.DataFrame) -> pl.Series | None:
    """Which rows are for training, where the data has its own parts."""
    return parts_of(frame[part.name]) == "train" if part is not None else None


def group_cells(column: ExaminedColumn, as_written: bool) -> pl.Expr:
    """The groups of a frame of values. Names that differ in capitals or blanks alone are one, unless they stay as they
    are written: there may be more of them than a sample of the rows shows."""
    import polars as pl

    cells = pl.col(column.name)
    if column.kind in ("category", "text") and not as_written:
        cells = cells.str.to_lowercase().str.replace_all(r"\s+", " ")
    return cells.rank("dense").fill_null(0).cast(pl.Int64)
