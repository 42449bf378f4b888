"""The cells of a table as numbers: the values of its columns, and the features that are made of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from nodes.reading import tables_columns as columns_of
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_numbers import number

if TYPE_CHECKING:
    import polars as pl


def value_frame(frame: pl.DataFrame, columns: Sequence[ExaminedColumn], sure: Collection[str] = ()) -> pl.DataFrame:
    """Columns of cleaned cells as their values: numbers, days, ranks, and words in one spelling. Null is missing.
    ``sure`` are columns of numbers of which it is known that a float32 holds each one."""
    import polars as pl

    # Of the columns that are asked for alone: each step on a frame of thousands of columns costs milliseconds.
    frame = pl.DataFrame([frame.get_column(name) for name in dict.fromkeys(column.name for column in columns)])
    return frame.select(
        pl.col(column.name) if column.name in sure else value(column, frame.get_column(column.name).dtype.is_numeric())
        for column in columns
    )


def value(column: ExaminedColumn, typed: bool) -> pl.Expr:
    """The values of one column of cleaned cells."""
    import polars as pl

    if column.kind == "number":
        return number(column.name, typed, column.steps)
    if column.format:
        return columns_of.days(column.name, column.format)
    words = columns_of.words_of(column.name) if typed else pl.col(column.name)
    if column.merged:
        words = words.replace(dict(column.merged))
    if column.kind == "ordered category":
        ranks = {word: float(rank) for rank, word in enumerate(column.words)}
        return words.replace_strict(ranks, default=None, return_dtype=pl.Float64).alias(column.name)
    return words.alias(column.name)


def feature_names(columns: Sequence[ExaminedColumn]) -> tuple[str, ...]:
    """What the numbers of the features are called."""
    names: list[str] = []
    for column in columns:
        if column.kind == "category":
            names += [f"{column.name}: {word}" for word in column.words]
        else:
            names.append(column.name)
        if column.marked:
            names.append(f"{column.name}: missing")
    return tuple(names)


def feature_expressions(columns: Sequence[ExaminedColumn]) -> list[pl.Expr]:
    """The features, in the order of their names, of a frame of values."""
    import polars as pl

    made = []
    for column in columns:
        cells = pl.col(column.name)
        if column.kind == "category":
            filled = cells.fill_null(column.words[int(column.fill)]) if column.fill is not None else cells
            made += [(filled == word).fill_null(False).cast(pl.Float32) for word in column.words]
        else:
            made.append(cells.fill_null(column.fill or 0.0).cast(pl.Float32))
        if column.marked:
            made.append(cells.is_null().cast(pl.Float32))
    return [each.alias(str(at)) for at, each in enumerate(made)]


def text_type() -> Any:
    import polars as pl

    return pl.String
