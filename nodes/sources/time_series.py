"""A series in time out of a table: windows of what was, and what comes next."""

from __future__ import annotations

from pathlib import Path

from nodes.api import Choice, Feed, Int, Recognised, Schema, Script, Text, source
from nodes.reading.table_settings import WRITTEN, table_file
from nodes.reading.tables_frame import TableReading
from nodes.reading.tables_series import CODES, GAPS, feed_of, schema_of, script_of, series_of
from nodes.reading.tables_signs import is_dated_number, is_number_a_line
from nodes.reading.tables_signs import recognise as is_table
from nodes.reading.unpacking import reading_packed, recognising_packed


@reading_packed
def describe(
    *,
    path: str,
    inputs: str,
    target: str,
    time: str,
    window: int,
    step: int,
    horizon: int,
    gaps: str,
    codes: str,
    header: str,
    separator: str,
    decimal: str,
    encoding: str,
    uneven: str,
    sheet: str,
) -> Schema:
    """Columns of a table as a series in time. A window of rows goes in, as recurrent layers read it, and the next
    values of the target come out. The last part of the time is held out, never rows from the middle, and no window
    reaches from one part into the next."""
    how = TableReading(encoding, separator, header, decimal, uneven, sheet)
    return schema_of(series_of(path, inputs, target, time, window, step, horizon, gaps, codes, how))


@reading_packed
def load(
    *,
    path: str,
    inputs: str,
    target: str,
    time: str,
    window: int,
    step: int,
    horizon: int,
    gaps: str,
    codes: str,
    header: str,
    separator: str,
    decimal: str,
    encoding: str,
    uneven: str,
    sheet: str,
) -> Feed:
    """The windows, cut out of the series when they are asked for."""
    how = TableReading(encoding, separator, header, decimal, uneven, sheet)
    return feed_of(series_of(path, inputs, target, time, window, step, horizon, gaps, codes, how))


@reading_packed
def script(
    *,
    path: str,
    inputs: str,
    target: str,
    time: str,
    window: int,
    step: int,
    horizon: int,
    gaps: str,
    codes: str,
    header: str,
    separator: str,
    decimal: str,
    encoding: str,
    uneven: str,
    sheet: str,
) -> Script:
    """The same windows, read with polars and cut with torch."""
    how = TableReading(encoding, separator, header, decimal, uneven, sheet)
    return script_of(series_of(path, inputs, target, time, window, step, horizon, gaps, codes, how))


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A table can be a series, too. It is one rather than a table where it has nothing but dates, one after another,
    and one number for each: nobody wants the number out of the date alone."""
    if is_number_a_line(path):
        return Recognised({"path": str(path)}, 0.85)
    found = is_table(path)
    if found is None:
        return None
    return Recognised(found.settings, 0.9 if is_dated_number(path) else found.sure / 2)


TIME_SERIES = source(
    id="TimeSeries",
    name="Time series",
    params=[
        table_file("A file with a table whose rows follow one another in time."),
        Text("inputs", "auto", most=2000, help="The columns that go in, with commas between them; auto takes all."),
        Text("target", "auto", most=2000, card=True, help="The column of numbers that is predicted, or several."),
        Text("time", "auto", help="The column to sort by; auto takes dates, none leaves the rows as they stand."),
        Int("window", 24, low=1, high=100_000, card=True, help="How many rows go in."),
        Int("step", 1, low=1, high=100_000, help="How many rows lie between the begins of two windows."),
        Int("horizon", 1, low=1, high=10_000, card=True, help="How many rows are predicted."),
        Choice(
            "gaps", GAPS[0], options=GAPS, help="What a missing cell becomes: the last value before it, or nothing."
        ),
        Choice(
            "codes",
            CODES[0],
            options=CODES,
            label="-999 and its like",
            help="Whether numbers that many programs write where nothing was measured are numbers or missing cells.",
        ),
        *WRITTEN,
    ],
    fields=["input", "target"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["sequence", "forecast", "stock", "weather", "lstm", "window", "csv", "data"],
)
