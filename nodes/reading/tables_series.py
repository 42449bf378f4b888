"""Columns of a table as a series in time: windows of what was, and what comes next."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Feed
from nodes.api.schema import Field, Guess, NoData, Schema, TableColumn
from nodes.api.sources import Script
from nodes.api.words import cut, listed, quoted
from nodes.reading import tables_script
from nodes.reading.tables import MOST_COLUMNS, CleanedTable, TableSettings, seen_column, understood
from nodes.reading.tables_dates import TIMES
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_frame import TableReading
from nodes.reading.tables_signs import YEARS
from nodes.reading.tables_units import WITHOUT, is_about_codes
from nodes.reading.tables_values import feature_expressions, feature_names, value_frame

if TYPE_CHECKING:
    from torch import Tensor

GAPS = ("last value", "leave the row out")
CODES = ("numbers", "missing")
_FIRST_YEAR = 1000  # smaller numbers may count anything


@dataclass(frozen=True)
class OrderedTable:
    """A table in the order of time. ``time`` is None where the rows are in order as they stand. ``columns`` are those
    that go in, ``targets`` the numbers of them that come out; ``order`` gives the rows of the table that count."""

    table: CleanedTable
    time: ExaminedColumn | None
    columns: tuple[ExaminedColumn, ...]
    targets: tuple[int, ...]
    order: tuple[int, ...]
    window: int
    step: int
    horizon: int
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]
    gaps: str

    @property
    def count(self) -> int:
        """The number of windows."""
        return (len(self.order) - self.window - self.horizon) // self.step + 1


def series_of(
    path: str,
    inputs: str,
    target: str,
    time: str,
    window: int,
    step: int,
    horizon: int,
    gaps: str,
    codes: str,
    how: TableReading,
) -> OrderedTable:
    """A table as a series.

    Raises:
        NoData: if it cannot be one, with the remedy.
    """
    how = replace(how, look="every row")
    table = understood(path, how, TableSettings("none"))
    coded = {column.name: ask for column in table.columns for ask in column.asks if is_about_codes(ask)}
    if codes == CODES[1] and coded:
        table = understood(path, how, TableSettings("none", kinds=tuple(f"{name}={WITHOUT}" for name in coded)))
    columns = {column.name: column for column in table.columns}
    dated, guesses = _time(table, time)
    usable = [c for c in table.columns if c is not dated and c.kind in ("number", "category", "ordered category")]
    usable = [
        column
        for column in usable
        if column.distinct > 1
        and column.name != table.rows.sheets
        and (column.kind == "number" or column.role != "ignore")
    ]
    entering = _chosen(inputs, columns, table) if inputs.strip() not in ("", "auto") else tuple(usable)
    numbers = [column for column in usable if column.kind == "number"]
    if not numbers:
        raise NoData(f"{table.path.name} has no column of numbers that change. Choose a file with a series of numbers.")
    told = target.strip() not in ("", "auto")
    leaving = _chosen(target, columns, table) if told else (numbers[-1],)
    for column in leaving:
        if column.kind != "number":
            raise NoData(f"{quoted(column.name, 40)} is no column of numbers. Choose a target of numbers.")
    if not told:
        choices = tuple((column.name, column.name) for column in numbers[:40])
        said = f"{quoted(leaving[0].name, 40)} is what is predicted."
        guesses.append(Guess("target", said, choices, leaving[0].name))
    entering = tuple(dict.fromkeys((*entering, *(column for column in leaving if column not in entering))))
    entering = tuple(replace(column, role="feature", fill=None, marked=False) for column in entering)
    names = feature_names(entering)
    targets = tuple(names.index(column.name) for column in leaving)
    if asked := [coded[column.name] for column in entering if column.name in coded]:
        guesses.append(_about_codes(asked, codes))
    order, remarks = _ordered(table, dated, entering, gaps)
    made = OrderedTable(
        table, dated, entering, targets, order, window, step, horizon, tuple(guesses), tuple(remarks), gaps
    )
    if made.count < 1:
        raise NoData(
            f"{table.path.name} has {len(order):,} rows, too few for a window of {window:,} and {horizon:,} to "
            "predict. Make the window smaller."
        )
    return made


def _chosen(text: str, columns: dict[str, ExaminedColumn], table: CleanedTable) -> tuple[ExaminedColumn, ...]:
    names = [text] if text in columns else next(csv.reader(io.StringIO(text), skipinitialspace=True), [])
    for name in names:
        if name.strip() not in columns:
            raise NoData(f"{table.path.name} has no column {quoted(name, 40)}. It has: {listed(columns, letters=30)}.")
    return tuple(dict.fromkeys(columns[name.strip()] for name in names))


def _about_codes(asked: list[Guess], codes: str) -> Guess:
    """One question about all columns that may have numbers in place of nothing."""
    said = listed([f"{ask.sentence.partition(', which may')[0]}" for ask in asked], most=3)
    are = "they are" if len(asked) > 1 else "it is"
    end = "read as numbers" if codes == CODES[0] else "missing there"
    choices = (("numbers", CODES[0]), ("missing", CODES[1]))
    return Guess("codes", f"{said}, which may mean that nothing was measured; {are} {end}.", choices, codes)


def _time(table: CleanedTable, told: str) -> tuple[ExaminedColumn | None, list[Guess]]:
    """The column that says when each row was."""
    named = {column.name: column for column in table.columns}
    if told not in ("", "auto", "none"):
        (column, *_) = _chosen(told, named, table)
        if column.kind != "number" and not column.format:
            raise NoData(f"{quoted(column.name, 40)} holds no dates or numbers to sort by. Choose another column.")
        return column, []
    if told == "none":
        return None, []
    # The time of a day comes again on the next one.
    dates = [column for column in table.columns if column.format and column.format not in TIMES]
    running = [
        column for column in table.columns if column.kind == "number" and column.role == "ignore" and column.asks
    ]
    years = [column for column in table.columns if column not in running and _are_years(table, column)]
    found = next(iter((*dates, *running, *years)), None)
    choices = tuple((column.name, column.name) for column in (*dates, *running, *years))
    said = f"Rows are in the order of {quoted(found.name, 40)}." if found else "Rows are in the order of the file."
    guess = Guess("time", said, (*choices, ("as they stand in the file", "none")), found.name if found else "none")
    return found, [guess]


def _are_years(table: CleanedTable, column: ExaminedColumn) -> bool:
    """Whether a column is called so, and has a later one in each row."""
    if column.kind != "number" or column.name.strip().lower() not in YEARS:
        return False
    numbers = value_frame(table.frame, (column,)).to_series().drop_nulls()
    later = len(numbers) > 1 and bool((numbers.diff().drop_nulls() > 0).all())
    return later and bool((numbers % 1 == 0).all()) and float(numbers[0]) >= _FIRST_YEAR


def _ordered(
    table: CleanedTable, time: ExaminedColumn | None, columns: tuple[ExaminedColumn, ...], gaps: str
) -> tuple[tuple[int, ...], list[str]]:
    """The rows in the order of time, and what is odd about it."""
    import polars as pl

    remarks = []
    values = value_frame(table.frame, columns)
    order = pl.Series("at", range(len(values)), dtype=pl.Int64)
    if time is not None:
        when = value_frame(table.frame, (time,)).to_series().alias("when")
        known = pl.DataFrame([order, when]).drop_nulls("when").sort("when", maintain_order=True)
        if len(known) < len(order):
            remarks.append(f"{len(order) - len(known):,} rows without {quoted(time.name, 40)} are left out")
        if not known["at"].is_sorted():
            remarks.append(f"The rows are not in the order of {quoted(time.name, 40)}; they are sorted by it")
        order = known["at"]
        steps = known["when"].diff().drop_nulls()
        again = int((steps == 0).sum())
        usual = steps.filter(steps > 0).median()
        if again:
            remarks.append(f"{again:,} rows have the same {quoted(time.name, 40)} as another")
        if isinstance(usual, float):
            holes = (steps > 1.5 * usual).arg_true()
            if len(holes) and len(holes) < 0.2 * len(steps):
                row = table.rows.place(order[int(holes[0])])
                many = "a gap" if len(holes) == 1 else f"{len(holes):,} gaps"
                remarks.append(
                    f"{quoted(time.name, 40)} has {many} (the first behind row {row:,}); windows reach across"
                )
    missing = sum(values.select(pl.all().null_count()).row(0))
    if missing and gaps == "leave the row out":
        whole = values[order.to_list()].select(pl.all_horizontal(pl.all().is_not_null())).to_series()
        remarks.append(f"{int((~whole).sum()):,} rows with a missing cell are left out")
        order = order.filter(whole)
    elif missing:
        named = ", ".join(
            f"{cut(c.name, 30)} {values[c.name].null_count():,}" for c in columns if values[c.name].null_count()
        )
        remarks.append(f"Missing cells ({named}) take the last value before them")
        # A value from behind would be one that nobody knew at that time.
        known = values[order.to_list()].with_columns(pl.all().forward_fill())
        begun = known.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
        first = begun.arg_max() if begun.any() else len(begun)
        if first:
            late = max(columns, key=lambda column: known[column.name].null_count())
            several = "The first row has" if first == 1 else f"The first {first:,} rows have"
            remarks.append(f"{several} no value of {quoted(late.name, 40)} yet, nor one before, and are left out")
            order = order.slice(first)
    if not len(order):
        raise NoData(f"No row of {table.path.name} has a value in each column that goes in. Choose other inputs.")
    return tuple(order.to_list()), remarks


def schema_of(series: OrderedTable) -> Schema:
    """What the source offers."""
    names = feature_names(series.columns)
    aims = tuple(names[at] for at in series.targets)
    target = Field((series.horizon,)) if len(aims) == 1 else Field((series.horizon, len(aims)), names=aims)
    asks = [guess for guess in series.table.rows.guesses if guess.setting != "look"]
    return Schema(
        {"input": Field((series.window, len(names)), names=names), "target": target},
        series.count,
        noun=("window", "windows"),
        guesses=(*asks, *series.guesses),
        remarks=(*series.table.rows.remarks, *series.remarks),
        skipped=series.table.rows.skipped,
        skipped_count=series.table.rows.skipped_count,
        ordered=True,
        overlap=(series.window + series.horizon - 1) // series.step,
        stamp=series.table.stamp,
        columns=tuple(_seen(series, column) for column in series.table.columns[:MOST_COLUMNS]),
        column_count=len(series.table.columns),
        aims=aims,
    )


def _seen(series: OrderedTable, column: ExaminedColumn) -> TableColumn:
    """What a column is for: what is predicted goes in, too."""
    names = {each.name for each in series.columns}
    aims = {feature_names(series.columns)[at] for at in series.targets}
    time = series.time is not None and series.time.name == column.name
    role = "target" if column.name in aims else "feature" if column.name in names else "time" if time else "ignore"
    return replace(seen_column(series.table, column), role=role)


def _numbers(series: OrderedTable) -> Tensor:
    """All rows in order (rows, columns)."""
    import polars as pl
    import torch

    values = value_frame(series.table.frame, series.columns)[list(series.order)]
    values = values.with_columns(pl.all().forward_fill())
    chosen = values.select(feature_expressions(series.columns))
    return torch.from_numpy(chosen.to_numpy(order="c", writable=True))


class _Windows:
    """Stretches of a series, each as long, that are cut out when they are asked for."""

    def __init__(self, numbers: Tensor, count: int, step: int, first: int, length: int, flat: bool) -> None:
        self._numbers = numbers
        self._count = count
        self._step = step
        self._first = first
        self._length = length
        self._flat = flat

    def __len__(self) -> int:
        return self._count

    def at(self, index: Tensor) -> Tensor:
        """The stretches with these numbers: (n, length, columns), or (n, length) of a single column."""
        import torch

        rows = index[:, None] * self._step + self._first + torch.arange(self._length)
        found = self._numbers[rows]
        return found[:, :, 0] if self._flat else found


def feed_of(series: OrderedTable) -> Feed:
    """The windows."""
    numbers = _numbers(series)
    count, step, window = series.count, series.step, series.window
    aims = numbers[:, list(series.targets)].contiguous()
    fields: dict[str, Any] = {
        "input": _Windows(numbers, count, step, 0, window, flat=False),
        "target": _Windows(aims, count, step, window, series.horizon, flat=len(series.targets) == 1),
    }

    def name_of(number: int) -> str:
        first, last = series.order[number * step], series.order[number * step + window - 1]
        return f"rows {series.table.rows.place(first):,} to {series.table.rows.place(last):,}"

    return Feed(fields, name_of=name_of)


def script_of(series: OrderedTable) -> Script:
    """The same windows, cut by torch."""
    lines, imports, package = tables_script.rows_lines(series.table)
    used = [*series.columns, *([series.time] if series.time is not None and series.time not in series.columns else [])]
    lines += tables_script.values_lines(series.table, used)
    if series.time is not None:
        name = series.time.name
        lines.append(f"values = values.drop_nulls({name!r}).sort({name!r}, maintain_order=True)")
    names = [column.name for column in series.columns]
    lines.append(f"values = values.select({names!r})")
    if series.gaps == "leave the row out":
        lines.append("values = values.drop_nulls()")
    else:
        lines.append("values = values.with_columns(pl.all().forward_fill()).drop_nulls()")
    lines += tables_script.feature_lines(series.columns)
    window, step, horizon, count = series.window, series.step, series.horizon, series.count
    lines += [
        f"windows = features.unfold(0, {window}, {step})[:{count}].transpose(1, 2).contiguous()",
        f"ahead = features[{window}:, {list(series.targets)!r}].unfold(0, {horizon}, {step})[:{count}]",
        "ahead = ahead.transpose(1, 2).contiguous()" + ("[:, :, 0]" if len(series.targets) == 1 else ""),
    ]
    return Script(tuple(lines), {"input": "windows", "target": "ahead"}, tuple(imports), package)
