"""Another table prepared as that of a training: its columns are read, filled and spelled out as they were there, and
nothing is guessed anew. So a table of one row, without the target or with gaps gives the same numbers as in training.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Feed
from nodes.api.schema import NoData, Unreadable
from nodes.api.words import cut, listed, quoted
from nodes.reading import tables_columns as columns_of
from nodes.reading.tables_dated import may_be_dates
from nodes.reading.tables_dates import EARLIER, EARLIER_KINDS, read_format, written_format
from nodes.reading.tables_examined import PLAIN, ExaminedColumn
from nodes.reading.tables_files import read
from nodes.reading.tables_frame import TableReading, TableRows
from nodes.reading.tables_values import feature_expressions, value_frame

if TYPE_CHECKING:
    import polars as pl
    from torch import Tensor

FEATURES, TARGETS, CLASSES = "features", "targets", "classes"  # under which names it is kept


def kept(
    features: Sequence[ExaminedColumn], targets: Sequence[ExaminedColumn], classes: Sequence[str]
) -> dict[str, Any]:
    """What is to be known of a table so that others can be prepared as it was: plain values."""
    return {
        FEATURES: tuple(_written(column) for column in features),
        TARGETS: tuple(_written(column) for column in targets),
        CLASSES: tuple(classes),
    }


def _written(column: ExaminedColumn) -> str:
    told: dict[str, Any] = {"name": column.name, "kind": column.kind, "fill": column.fill}
    if column.steps != PLAIN:
        told["steps"] = [list(step) for step in column.steps]
    if column.format:
        told |= written_format(column.format)
    if column.kind in ("category", "ordered category"):
        told["words"] = list(column.words)
    if column.merged:
        told["merged"] = dict(column.merged)
    if column.marked:
        told["marked"] = True
    if column.label:
        told["label"] = True
    return json.dumps(told, ensure_ascii=False)


def _read(told: str) -> ExaminedColumn:
    """A column as it was written down.

    Raises:
        ValueError: if it is none.
    """
    entry = json.loads(told)
    plain = {name: entry[name] for name in ("name", "kind", "format") if name in entry}
    fill, words, merged = entry.get("fill"), entry.get("words", []), entry.get("merged", {})
    steps = entry.get("steps")
    sound = (
        all(isinstance(value, str) for value in plain.values())
        and (fill is None or isinstance(fill, int | float))
        and all(isinstance(word, str) for word in words)
        and all(isinstance(word, str) for pair in merged.items() for word in pair)
    )
    if not sound or "name" not in plain or (words and fill is not None and not 0 <= int(fill) < len(words)):
        raise ValueError("What is kept of a column is damaged.")
    column = ExaminedColumn(**{"kind": "number", **plain}, words=tuple(words), merged=merged, fill=fill)
    column = replace(column, marked=bool(entry.get("marked")), label=bool(entry.get("label")))
    column = replace(column, format=read_format(entry))
    return column if steps is None else replace(column, steps=tuple((str(a), str(b)) for a, b in steps))


def kinds_as_trained(settled: Mapping[str, Any], kinds: Sequence[str]) -> tuple[str, ...]:
    """What columns hold, with those among them that an earlier version read in another way: years of two digits until
    2069, and dates written as numbers as numbers."""
    told = {each.rpartition("=")[0] for each in kinds}
    made = list(kinds)
    for name in (FEATURES, TARGETS):
        for entry in settled.get(name) or ():
            try:
                column = _read(entry)
            except (ValueError, TypeError, AttributeError):
                continue
            kind = EARLIER_KINDS.get(column.kind)
            if column.kind == "number" and not column.steps and may_be_dates(column.fill):
                kind = column.kind
            elif not column.format.startswith(EARLIER):
                continue
            if kind and column.name not in told:
                made.append(f"{column.name}={kind}")
    return tuple(made)


def fields_again(settled: Mapping[str, Any], path: str, how: TableReading, fields: Sequence[str]) -> Feed | None:
    """The samples of another table with these ``fields``, prepared as what was kept of the table of a training says;
    None if it says nothing, or the fields are others.

    Raises:
        NoData: if it lacks a column.
    """
    known = {"features": settled.get(FEATURES), "target": settled.get(TARGETS)}
    if not fields or any(not known.get(name) for name in fields):
        return None
    try:
        columns = {name: tuple(_read(told) for told in known[name] or ()) for name in fields}
    except (ValueError, TypeError, AttributeError):
        return None
    place = Path(path)
    rows = read(place, replace(how, look="every row"))
    frame = columns_of.cleaned(rows.frame)
    lacking = [column.name for name in fields for column in columns[name] if column.name not in frame.columns]
    if lacking:
        names = listed([quoted(name, 40) for name in lacking], most=5)
        many = "column" if len(lacking) == 1 else "columns"
        raise NoData(f"{place.name} lacks the {many} {names}, which the net was trained on. Add what is missing.")
    made = {}
    classes = tuple(settled.get(CLASSES, ()))
    for name in fields:
        bad = _bad(columns[name], frame, rows, name == "target", classes)
        made[name] = _Rows(_numbers(name, columns[name], frame, classes), bad)
    feed = Feed(made, name_of=lambda number: f"row {rows.place(number):,}")
    feed.notes = _unknown(columns.get("features", ()), frame, rows)
    feed.remarks = _together(feed.notes)
    return feed


def _unknown(columns: Sequence[ExaminedColumn], frame: pl.DataFrame, rows: TableRows) -> dict[int, str]:
    """The rows with a word that no row of the training had, each with a sentence on it."""
    categories = [column for column in columns if column.kind == "category"]
    values = value_frame(frame, categories)
    found: dict[int, list[str]] = {}
    for column in categories:
        words = values[column.name].cast(str)
        for at in (~words.is_in(list(column.words))).fill_null(False).arg_true().to_list():
            said = f"the training had no {cut(column.name, 40)} {quoted(words[at], 30)}, so it counts as none of them"
            found.setdefault(at, []).append(said)
    for column in columns:
        gone = value_frame(frame, (column,))[column.name].is_null() & frame[column.name].is_not_null()
        for at in gone.arg_true().to_list() if column.kind == "number" else ():
            if _endless(column, frame[column.name][at]):
                cell = quoted(str(frame[column.name][at]), 20)
                found.setdefault(at, []).append(f"{cell} in {quoted(column.name, 40)} counts as missing")
    return {at: f"Row {rows.place(at):,}: {', and '.join(said)}." for at, said in sorted(found.items())}


def _endless(column: ExaminedColumn, cell: Any) -> bool:
    """Whether a cell is an infinite number, for which there stands what stands for a gap."""
    filled = column.fill is not None or column.marked
    return filled and column.kind == "number" and str(cell).strip().lstrip("+-").lower() in ("inf", "infinity", "∞")


def _together(notes: Mapping[int, str]) -> tuple[str, ...]:
    if len(notes) <= 3:
        return tuple(notes.values())
    first = next(iter(notes.values()))
    return (f"{len(notes):,} rows have words that the training did not have, or infinite numbers. {first}",)


def _numbers(name: str, columns: Sequence[ExaminedColumn], frame: pl.DataFrame, classes: tuple[str, ...]) -> Tensor:
    import numpy
    import polars as pl
    import torch

    values = value_frame(frame, columns)
    if name == "target" and classes:
        (target,) = columns
        cells = values[target.name]
        if target.kind != "ordered category":
            cells = cells.cast(pl.Enum(list(classes)), strict=False).to_physical()
        return torch.from_numpy(numpy.array(cells.cast(pl.Int64).fill_null(-1).to_numpy(), dtype=numpy.int64))
    made = values.fill_null(0.0).cast(pl.Float32) if name == "target" else values.select(feature_expressions(columns))
    found = torch.from_numpy(numpy.ascontiguousarray(made.to_numpy(order="c", writable=True)))
    return found.long() if name == "target" and columns[0].label else found


def _bad(
    columns: Sequence[ExaminedColumn], frame: pl.DataFrame, rows: TableRows, target: bool, classes: tuple[str, ...]
) -> dict[int, str]:
    """The rows that are no samples, and why: a gap that nothing stands in for, or a cell that cannot be read."""
    values = value_frame(frame, columns)
    found: dict[int, str] = {}
    for column in columns:
        empty, gone = frame[column.name].is_null(), values[column.name].is_null()
        for at in (gone & ~empty).arg_true().to_list():
            if not target and _endless(column, frame[column.name][at]):
                continue  # a gap, as in the training
            cell = quoted(str(frame[column.name][at]), 20)
            what = (
                "number" if column.kind == "number" else "date" if column.format else f"word of {cut(column.name, 30)}"
            )
            found.setdefault(at, f"Row {rows.place(at):,}: {cell} in {quoted(column.name, 40)} is no {what}.")
        if target and classes and column.kind != "ordered category":
            strange = ~values[column.name].is_in(list(classes)).fill_null(True)
            for at in strange.arg_true().to_list():
                word = quoted(str(values[column.name][at]), 30)
                found.setdefault(at, f"Row {rows.place(at):,}: the training had no class {word}.")
        if target and column.label:
            for at in ((values[column.name] != 0) & (values[column.name] != 1)).fill_null(False).arg_true().to_list():
                cell = quoted(str(frame[column.name][at]), 20)
                found.setdefault(at, f"Row {rows.place(at):,}: {cut(column.name, 40)} is 0 or 1, not {cell}.")
        if target or (column.fill is None and not column.marked):
            for at in empty.arg_true().to_list():
                found.setdefault(at, f"Row {rows.place(at):,} has no {cut(column.name, 40)}.")
    return found


class _Rows:
    """Rows (n, …) of which some cannot be had."""

    def __init__(self, values: Tensor, bad: Mapping[int, str]) -> None:
        self._values, self._bad = values, bad

    def __len__(self) -> int:
        return len(self._values)

    def at(self, index: Tensor) -> Tensor:
        """Those with these numbers.

        Raises:
            Unreadable: if one of them is no sample.
        """
        if self._bad:
            strange = dict(self._strange(index))
            if strange:
                raise Unreadable(next(iter(strange.values())), strange)
        return self._values.index_select(0, index)

    def _strange(self, index: Tensor) -> Iterator[tuple[int, str]]:
        for number in index.tolist():
            if number in self._bad:
                yield number, self._bad[number]
