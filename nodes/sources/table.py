"""A table in a file: CSV and its kin, Parquet, JSON lines, Excel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nodes.api import Choice, Columns, Feed, Pair, Recognised, Schema, Script, Text, source
from nodes.reading.table_settings import WRITTEN, table_file
from nodes.reading.tables import SPELLINGS, CleanedTable, TableSettings, schema_of, understood
from nodes.reading.tables_examined import KINDS, ROLES
from nodes.reading.tables_feed import feed_of
from nodes.reading.tables_frame import TableReading
from nodes.reading.tables_prepared import fields_again, kinds_as_trained
from nodes.reading.tables_remarks import MISSING
from nodes.reading.tables_script import script_of
from nodes.reading.tables_signs import recognise as is_table
from nodes.reading.unpacking import reading_packed, recognising_packed


@reading_packed
def describe(
    *,
    path: str,
    target: str,
    roles: tuple[str, ...],
    kinds: tuple[str, ...],
    missing: str,
    spelling: str,
    header: str,
    separator: str,
    decimal: str,
    encoding: str,
    uneven: str,
    sheet: str,
    look: str,
    size: Any,
) -> Schema:
    """Rows of a table: CSV, TSV, Parquet, JSON lines or Excel. Columns of numbers and of words become features, each
    word a number of its own that is 0 or 1; one column is the target, and one may name pictures. What was guessed
    can be changed."""
    return schema_of(
        _table(
            path,
            target,
            roles,
            kinds,
            missing,
            spelling,
            size,
            _reading(header, separator, decimal, encoding, uneven, sheet, look),
        )
    )


@reading_packed
def load(
    *,
    path: str,
    target: str,
    roles: tuple[str, ...],
    kinds: tuple[str, ...],
    missing: str,
    spelling: str,
    header: str,
    separator: str,
    decimal: str,
    encoding: str,
    uneven: str,
    sheet: str,
    look: str,
    size: Any,
) -> Feed:
    """The rows, in the order of the file."""
    return feed_of(
        _table(
            path,
            target,
            roles,
            kinds,
            missing,
            spelling,
            size,
            _reading(header, separator, decimal, encoding, uneven, sheet, look),
        )
    )


@reading_packed
def script(
    *,
    path: str,
    target: str,
    roles: tuple[str, ...],
    kinds: tuple[str, ...],
    missing: str,
    spelling: str,
    header: str,
    separator: str,
    decimal: str,
    encoding: str,
    uneven: str,
    sheet: str,
    look: str,
    size: Any,
) -> Script:
    """The same numbers, read with polars."""
    return script_of(
        _table(
            path,
            target,
            roles,
            kinds,
            missing,
            spelling,
            size,
            _reading(header, separator, decimal, encoding, uneven, sheet, look),
        )
    )


@reading_packed
def again(
    settled: Mapping[str, Any],
    fields: Sequence[str],
    *,
    path: str,
    header: str,
    separator: str,
    decimal: str,
    encoding: str,
    uneven: str,
    sheet: str,
    **others: Any,
) -> Feed | None:
    """Another table, with the columns, gaps and words of the one that was trained on."""
    return fields_again(
        settled, path, _reading(header, separator, decimal, encoding, uneven, sheet, "every row"), fields
    )


def as_trained(settled: Mapping[str, Any], settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings with the years of two digits as a run of an earlier version read them."""
    return {**settings, "kinds": kinds_as_trained(settled, settings["kinds"])}


def _reading(
    header: str, separator: str, decimal: str, encoding: str, uneven: str, sheet: str, look: str
) -> TableReading:
    return TableReading(encoding, separator, header, decimal, uneven, sheet, look)


def _size(size: Any) -> Any:
    return size if isinstance(size, str) else tuple(size)


def _table(
    path: str,
    target: str,
    roles: tuple[str, ...],
    kinds: tuple[str, ...],
    missing: str,
    spelling: str,
    size: Any,
    how: TableReading,
) -> CleanedTable:
    return understood(path, how, TableSettings(target, tuple(roles), tuple(kinds), missing, spelling, _size(size)))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """Whether a file is a table, by its ending and its first bytes."""
    return is_table(path)


TABLE = source(
    id="Table",
    name="Table",
    params=[
        table_file("A file with a table: CSV, TSV, Parquet, JSON lines or Excel."),
        Text(
            "target",
            "auto",
            most=2000,
            card=True,
            help="The column that is predicted, or several of numbers with commas between them; auto guesses, and "
            "none leaves it out.",
        ),
        Columns(
            "roles", options=ROLES, help="What single columns are for, such as name=ignore; the others are guessed."
        ),
        Columns("kinds", options=KINDS, help="What single columns hold, such as zip=category; the others are guessed."),
        Choice(
            "missing",
            "auto",
            options=MISSING,
            help="What a missing cell becomes. Auto: the mean of numbers, and of words a category of their own.",
        ),
        Choice("spelling", "auto", options=SPELLINGS, help="Auto reads words that differ in capitals alone as one."),
        *WRITTEN,
        Choice(
            "look",
            "auto",
            options=("auto", "every row"),
            help="Auto looks at a sample of the rows of a large file to find its kinds and classes.",
        ),
        Pair(
            "size",
            "auto",
            words=("auto",),
            low=1,
            high=2048,
            label="size of pictures",
            help="Height and width of pictures that a column names; auto keeps small ones of one size.",
        ),
    ],
    fields=["features", "target", "image"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    again=again,
    as_trained=as_trained,
    words=["csv", "tsv", "excel", "parquet", "json", "spreadsheet", "pandas", "polars", "rows", "columns", "data"],
)
