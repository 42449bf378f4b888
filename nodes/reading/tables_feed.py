"""The samples of a table as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Feed
from nodes.api.schema import PARTS, NoData
from nodes.api.words import cut, listed, quoted
from nodes.reading import tables_columns as columns_of
from nodes.reading import tables_matrices, tables_parts, tables_pictures
from nodes.reading.tables import CleanedTable, samples_of
from nodes.reading.tables_columns import ExaminedColumn
from nodes.reading.tables_frame import read_large
from nodes.reading.tables_numbers import LARGEST
from nodes.reading.tables_values import feature_expressions, feature_names, text_type, value_frame

if TYPE_CHECKING:
    import numpy
    import polars as pl
    from torch import Tensor

AT_ONCE = 8_192  # rows that are made numbers at once
MOST_IN_ONE_PIECE = 64_000_000  # bytes of features that are held as one tensor; more are kept as codes of their words


@dataclass(frozen=True)
class AllRows:
    """The cleaned rows of a table. ``remarks`` say what of its features a sample did not have; ``sure`` are the columns
    of numbers each of which a float32 holds, so that nobody has to look at them again. ``numbers`` are, of very many
    rows, those of the features ``held``, at the places that ``_places`` gives them."""

    frame: pl.DataFrame
    remarks: tuple[str, ...] = ()
    sure: frozenset[str] = frozenset()
    numbers: numpy.ndarray | None = None
    held: frozenset[str] = frozenset()


def full_frame(table: CleanedTable) -> AllRows:
    """All rows; of a large file they are read now. Where each cell is one of the known words, a category is an Enum of
    them.

    Raises:
        NoData: if a row is not as those of the sample.
    """
    if table.rows.whole:
        return AllRows(table.frame)
    import polars as pl

    raw = table.rows.frame
    numbers = frozenset(
        at
        for at, column in enumerate(table.columns)
        if column.kind == "number"
        and not column.steps
        and not int((raw[column.name].str.strip_chars() != raw[column.name]).sum() or 0)
    )
    words = raw.select(pl.col(pl.String).str.strip_chars().is_in(columns_of.MISSING[1:]).any())
    nulls = columns_of.MISSING[1:] if any(words.row(0)) else ()  # asking for them takes half as long again
    frame = read_large(table.rows, table.path, numbers, nulls)
    if len(frame) != table.rows.total:
        raise NoData(f"{table.path.name} was changed while it was read. Look at it again.")
    remedy = "Set look to every row, so that this is noticed and can be chosen."
    used = {column.name for column in table.columns if column.role not in ("ignore", "text")}
    known_words = {c.name: c.words for c in table.columns if c.kind == "category" and not c.merged and c.name in used}
    aims = {column.name for column in (*table.features, *table.targets)}
    frame = frame.with_columns(
        _clean_words(frame[name], known_words.get(name, ()) if name in aims else ())
        for name in frame.columns
        if name in used
    )
    made, held = None, frozenset[str]()
    if not _in_one_piece(table, len(frame)):
        made, held = _side_by_side(table.features, frame)
    # One pass: what is infinite, no number, or too large for a float32 shows in the sum of the squares.
    floats = [n for n in frame.columns if n in used and n not in held and frame.schema[n] == pl.Float64]
    squares = frame.select((pl.col(name) * pl.col(name)).sum() for name in floats).row(0) if floats else ()
    sure = held | {name for name, total in zip(floats, squares) if total <= LARGEST**2}
    for column in table.columns:
        if column.kind != "number" or column.name not in used or column.remarks or column.name in sure:
            continue
        cells = frame[column.name]
        known = cells.is_not_null() if cells.dtype == pl.String else cells.is_infinite()
        if cells.dtype != pl.String and not known.any():
            continue
        values = value_frame(frame, (column,))[column.name]
        bad = (known & values.is_null()).fill_null(False).arg_true()
        if len(bad):
            row = int(bad[0]) + table.rows.at + 1
            cell = quoted(str(cells[int(bad[0])]), 20)
            raise NoData(f"{cell} in row {row:,} of {quoted(column.name, 40)} is no number. {remedy}")
    said = [_unseen(table, column, frame[column.name]) for column in table.features]
    return AllRows(frame, tuple(each for each in said if each), sure, made, held)


def _in_one_piece(table: CleanedTable, rows: int) -> bool:
    """Whether the features are held as one tensor."""
    return rows * len(feature_names(table.features)) * 4 <= MOST_IN_ONE_PIECE


def _places(columns: Sequence[ExaminedColumn]) -> dict[str, int]:
    """Where each column that is one number stands among those that are no words; behind it stands whether it is
    missing, if that is marked."""
    found, place = {}, 0
    for column in columns:
        if column.kind != "category":
            found[column.name] = place
            place += 1 + column.marked
    return found


def _side_by_side(columns: Sequence[ExaminedColumn], frame: pl.DataFrame) -> tuple[numpy.ndarray, frozenset[str]]:
    """The numbers of features as float32 (rows, numbers), gaps filled, and of which columns they are: others, which are
    read as words or hold what a float32 may not hold, are left to whoever can tell why. A few rows at a time, while
    they are in the processor's cache: whole columns take twice as long."""
    import numpy
    import polars as pl

    places = _places(columns)
    width = len(places) + sum(column.marked for column in columns if column.kind != "category")
    made = numpy.empty((len(frame), width), numpy.float32)
    typed = [c for c in columns if c.kind == "number" and not c.marked and frame.schema[c.name] == pl.Float64]
    series = [frame.get_column(column.name) for column in typed]
    series = [cells.fill_null(c.fill or 0.0) if cells.null_count() else cells for cells, c in zip(series, typed)]
    at = [places[column.name] for column in typed]
    first, run = (at[0], at == list(range(at[0], at[0] + len(at)))) if at else (0, False)
    where = slice(first, first + len(at)) if run else at
    sure = numpy.ones(len(typed), dtype=bool)
    piece = numpy.empty((len(typed), AT_ONCE), numpy.float32)
    with numpy.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(frame) if typed else 0, AT_ONCE):
            held = piece[:, : len(frame) - start]
            for row, cells in zip(held, series):
                row[:] = cells.slice(start, AT_ONCE).to_numpy()
            sure &= numpy.isfinite(numpy.einsum("ij,ij->i", held, held))  # what is none, or beyond 1e19, shows here
            made[start : start + AT_ONCE, where] = held.T
    return made, frozenset(column.name for column, fits in zip(typed, sure) if fits)


def _unseen(table: CleanedTable, column: ExaminedColumn, cells: pl.Series) -> str:
    """What a feature has in all rows that it did not have in those of the sample, in a sentence; empty if nothing."""
    shown, rows = quoted(column.name, 40), table.rows
    remedy = "Set look to every row, so that it is known."
    if column.kind == "category" and cells.dtype == text_type():
        known = {*column.words, *column.merged}
        counts = dict(columns_of.spelled(cells).drop_nulls().value_counts().iter_rows())
        new = sorted(counts.keys() - known, key=lambda word: (-counts[word], word))
        if new:
            at = columns_of.spelled(cells).is_in(new).arg_max() or 0
            many, words = sum(counts[word] for word in new), listed([quoted(word, 20) for word in new], most=5)
            rows_have = f"{many:,} row has" if many == 1 else f"{many:,} rows have"
            return (
                f"{rows_have} {words} in {shown} (the first is row {at + rows.at + 1:,}), which the sample did not "
                f"have, and {'counts' if many == 1 else 'count'} as none of its categories. {remedy}"
            )
    gaps = cells.null_count()
    if gaps and not column.missing and column.fill is not None:
        at = cells.is_null().arg_max() or 0
        becomes = f"become {column.words[int(column.fill)]}" if column.kind == "category" else "become the mean"
        many = "1 cell" if gaps == 1 else f"{gaps:,} cells"
        return (
            f"{many} of {shown} {'is' if gaps == 1 else 'are'} missing (the first in row {at + rows.at + 1:,}), though "
            f"none in the sample {'was' if gaps == 1 else 'were'}, and {becomes}. {remedy}"
        )
    return ""


def _clean_words(cells: pl.Series, known: Sequence[str] = ()) -> pl.Series:
    """As ``clean`` does; as an Enum of the known words where there are no others. Of a million cells with five words,
    only the words are looked at."""
    import polars as pl

    if cells.dtype != pl.String:
        return cells
    if known:
        coded = cells.cast(pl.Enum(list(known)), strict=False)
        if coded.null_count() == cells.null_count():
            return coded
    words = cells.unique().drop_nulls()
    rule = columns_of.clean(pl.col(cells.name))
    if words.to_frame().select(rule).to_series().equals(words):
        return cells
    return cells.to_frame().select(rule).to_series()


def _matrix(frame: pl.DataFrame) -> Tensor:
    """The columns of a frame of float32 side by side (rows, columns), in memory of their own."""
    import numpy
    import torch

    return torch.from_numpy(numpy.ascontiguousarray(frame.to_numpy(order="c", writable=True)))


def feed_of(table: CleanedTable) -> Feed:
    """The samples.

    Raises:
        NoData: if they cannot be read, or are not as they looked.
    """
    import numpy
    import torch

    rows_read = full_frame(table)
    frame, sure = samples_of(table, rows_read.frame), rows_read.sure
    fields: dict[str, Any] = {}
    names = feature_names(table.features)
    if names:
        if _in_one_piece(table, len(frame)):
            values = value_frame(frame, table.features, sure)
            fields["features"] = _matrix(values.select(feature_expressions(table.features)))
        else:
            fields["features"] = _encoded(table.features, replace(rows_read, frame=frame))
    if table.targets:
        fields["target"] = _target_tensor(table, frame, sure)
    named = table.of_role("image path")
    if table.pictures is not None and named is not None:
        fields["image"] = tables_pictures.column(table.path, frame[named.name].to_list(), table.pictures)
    if table.matrices is not None and named is not None:
        fields["image"] = tables_matrices.column(table.path, frame[named.name].to_list(), table.matrices)
    groups = None
    group = table.of_role("group")
    if group is not None:
        cells = tables_parts.group_cells(group, table.as_written)
        groups = torch.from_numpy(numpy.array(value_frame(frame, (group,)).select(cells).to_series().to_numpy()))
    parts = None
    part = table.of_role("part")
    if part is not None:
        marks = tables_parts.parts_of(frame[part.name])
        found = {name: torch.from_numpy(numpy.flatnonzero((marks == name).to_numpy())) for name in PARTS}
        parts = {name: index for name, index in found.items() if len(index)}
        parts = parts if len(parts) > 1 else None
    samples, rows = table.samples, table.rows

    def name_of(number: int) -> str:
        at = number if samples is None else samples[number]
        return f"row {rows.place(at):,}" if rows.whole else f"row {at + rows.at + 1:,}"

    feed = Feed(fields, parts, groups=groups, name_of=name_of)
    feed.remarks = rows_read.remarks
    return feed


def _target_tensor(table: CleanedTable, frame: pl.DataFrame, sure: frozenset[str]) -> Tensor:
    import numpy
    import polars as pl
    import torch

    values = value_frame(frame, table.targets, sure)
    if not table.classes:
        gone = values.select(pl.any_horizontal(pl.all().is_null())).to_series().arg_true()
        if len(gone):
            _refuse_target(table, int(gone[0]), None)
        return _matrix(values.cast(pl.Float32))
    name = table.targets[0].name
    if table.targets[0].kind == "ordered category":
        codes = values[name].cast(pl.Int64)
    else:
        # A join would change the order, and codes of Categorical depend on other tables.
        codes = values[name].cast(pl.Enum(list(table.classes)), strict=False).to_physical().cast(pl.Int64)
    gone = codes.is_null().arg_true()
    if len(gone):
        _refuse_target(table, int(gone[0]), values[name][int(gone[0])])
    return torch.from_numpy(numpy.array(codes.to_numpy(), dtype=numpy.int64))


def _refuse_target(table: CleanedTable, at: int, word: Any) -> None:
    names = ", ".join(cut(column.name, 40) for column in table.targets)
    what = f"has the class {quoted(word, 30)}, which was not in the sample" if word is not None else f"has no {names}"
    raise NoData(
        f"Row {at + table.rows.at + 1:,} of {table.path.name} {what}. Set look to every row, so that it is known."
    )


class _Encoded:
    """Features of very many rows: numbers as they are, and words as codes that become columns when they are asked
    for."""

    in_memory = True  # nothing has to be read for a look at all of it

    def __init__(self, width: int, numbers: Tensor, at: list[int], codes: list[tuple[int, Tensor]]) -> None:
        self._width = width
        self._numbers = numbers
        self._codes = codes
        self._at = at
        starts = sorted([*at, *(first for first, _ in codes), width])
        self._several = [starts[starts.index(first) + 1] - first for first, _ in codes]
        # Places side by side are copied as one: a list of places takes five times as long.
        starts = [first for first, place in enumerate(at) if not first or place != at[first - 1] + 1]
        self._runs = [(at[first], first, end - first) for first, end in pairwise([*starts, len(at)])]

    def __len__(self) -> int:
        return len(self._numbers)

    def apart(self, index: Tensor) -> tuple[Tensor, list[int], list[tuple[int, int, Tensor]]]:
        """The same without a column for each word: the numbers (n, k) and their k places, and for each list of codes
        (n,) the place of its first word and how many it has. The code of a word that nobody knows is -1. ``index`` is
        in ascending order."""
        whole = len(index) == len(self)  # as it is where nobody has left out a sample; then nothing is copied
        numbers, *codes = (
            each if whole else each.index_select(0, index) for each in (self._numbers, *(c for _, c in self._codes))
        )
        places = [(first, several) for (first, _), several in zip(self._codes, self._several)]
        return numbers, self._at, [(*place, found) for place, found in zip(places, codes)]

    def at(self, index: Tensor) -> Tensor:
        """The features (n, width) of these samples."""
        import torch

        made = torch.zeros(len(index), self._width)
        numbers = self._numbers.index_select(0, index)
        for place, first, count in self._runs:
            made[:, place : place + count] = numbers[:, first : first + count]
        for start, codes in self._codes:
            found = codes.index_select(0, index).long().unsqueeze(1)
            made[:, start:].scatter_(1, found.clamp(min=0), (found >= 0).float())  # a word nobody knows has none
        return made


def _encoded(columns: Sequence[ExaminedColumn], rows: AllRows) -> _Encoded:
    import numpy
    import polars as pl
    import torch

    frame, plain, at, codes, place = rows.frame, {}, [], [], 0
    places = _places(columns)
    for column in columns:
        cells = pl.col(column.name)
        if column.kind != "category":
            if column.name not in rows.held:
                plain[places[column.name]] = cells.fill_null(column.fill or 0.0).cast(pl.Float32)
            at.append(place)
            place += 1
            if column.marked:
                plain[places[column.name] + 1] = cells.is_null().cast(pl.Float32)
                at.append(place)
                place += 1
            continue
        words = value_frame(frame, (column,))[column.name]
        coded = words.cast(pl.Enum(list(column.words)), strict=False).to_physical().cast(pl.Int16)
        if coded.null_count():
            gap = words.is_null()
            instead = len(column.words) if column.marked else int(column.fill) if column.fill is not None else -1
            coded = pl.select(pl.when(gap).then(pl.lit(instead, pl.Int16)).otherwise(coded.fill_null(-1))).to_series()
        codes.append((place, torch.from_numpy(numpy.array(coded.to_numpy(), dtype=numpy.int16))))
        place += len(column.words) + column.marked
    # Numbers and words apart: they lie in pieces of other lengths, and side by side all would be copied into one piece.
    left = [column for column in columns if column.kind != "category" and column.name not in rows.held]
    made = [cells.alias(str(number)) for number, cells in plain.items()]
    others = _matrix(value_frame(frame, left, rows.sure).select(made)) if made else torch.zeros(len(frame), 0)
    if rows.numbers is None or not rows.held:
        return _Encoded(place, others, at, codes)
    numbers = torch.from_numpy(rows.numbers)
    if made:
        numbers[:, list(plain)] = others
    return _Encoded(place, numbers, at, codes)
