"""The samples of a table as tensors."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Feed
from nodes.api.schema import PARTS, NoData
from nodes.api.words import cut, listed, quoted
from nodes.reading import tables_columns as columns_of
from nodes.reading import tables_matrices, tables_parts, tables_pictures
from nodes.reading.tables import CleanedTable, samples_of
from nodes.reading.tables_encoded import EncodedFeatures
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_large import Spread, TypesOfColumns, read_large
from nodes.reading.tables_numbers import LARGEST
from nodes.reading.tables_values import feature_expressions, feature_names, text_type, value_frame

if TYPE_CHECKING:
    import polars as pl
    from torch import Tensor

MOST_IN_ONE_PIECE = 64_000_000  # bytes of features that are held as one tensor; more are kept as codes of their words


@dataclass(frozen=True)
class AllRows:
    """The cleaned rows of a table. ``remarks`` say what of its features a sample did not have; ``sure`` are the columns
    of numbers each of which a float32 holds, so that nobody has to look at them again; ``spreads`` say how the numbers
    of some columns lie."""

    frame: pl.DataFrame
    remarks: tuple[str, ...] = ()
    sure: frozenset[str] = frozenset()
    spreads: Mapping[str, Spread] = field(default_factory=dict)


def full_frame(table: CleanedTable) -> AllRows:
    """All rows; of a large file they are read now. Where each cell is one of the known words, a category is an Enum of
    them.

    Raises:
        NoData: if a row is not as those of the sample.
    """
    if table.rows.whole:
        return AllRows(table.frame)
    import polars as pl

    blanks, nulls = _blanks_and_nulls(table)
    comma = table.rows.dialect is not None and table.rows.dialect.comma and table.rows.dialect.separator != ","
    plain = [c for c in table.columns if c.kind == "number" and not blanks[c.name]]
    fractions = {c.name for c in plain if comma and c.steps == columns_of.COMMA}
    numbers = fractions | {c.name for c in plain if not c.steps}
    used = {column.name for column in table.columns if column.role not in ("ignore", "text")}
    aims = (*table.features, *table.targets)
    words = {c.name: c.words for c in aims if c.kind == "category" and not c.merged}
    narrow = numbers & {column.name for column in table.features}
    digits = [c.name for c in plain if c.digits]
    wanted = TypesOfColumns(numbers, fractions, digits, narrow, words, nulls)
    large = read_large(table.rows, table.path, wanted)
    wide = {name for name, spread in large.spreads.items() if not math.isfinite(spread.mean)}
    if wide:  # as they stand there, so that what is no number can be named
        large = read_large(table.rows, table.path, replace(wanted, narrow=narrow - wide))
    frame = large.frame
    if len(frame) != table.rows.total:
        raise NoData(f"{table.path.name} was changed while it was read. Look at it again.")
    remedy = "Set look to every row, so that this is noticed and can be chosen."
    frame = frame.with_columns(_clean_words(frame[name], words.get(name, ())) for name in frame.columns if name in used)
    # One pass: what is infinite, no number, or too large for a float32 shows in the sum of the squares.
    floats = [name for name in frame.columns if name in used and frame.schema[name] == pl.Float64]
    squares = frame.select((pl.col(name) * pl.col(name)).sum() for name in floats).row(0) if floats else ()
    sure = frozenset(name for name in frame.columns if frame.schema[name] == pl.Float32)
    sure |= {name for name, total in zip(floats, squares) if total <= LARGEST**2}
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
    return AllRows(frame, tuple(each for each in said if each), sure, large.spreads)


def _blanks_and_nulls(table: CleanedTable) -> tuple[dict[str, bool], tuple[str, ...]]:
    """Which columns of the sample have blanks at the ends of their cells, and what stands there for nothing."""
    import polars as pl

    raw = table.rows.frame
    if table.rows.bare:  # then an empty cell is null in both
        gaps = zip(table.frame.null_count().row(0), raw.null_count().row(0))
        blanks, some = dict.fromkeys(raw.columns, False), any(now > before for now, before in gaps)
    else:
        bare = pl.all().str.strip_chars()
        asked = (bare != pl.all()).any().name.suffix(" blanks"), bare.is_in(columns_of.MISSING[1:]).any()
        found = raw.select(asked).row(0)  # in one query, which looks for blanks once
        blanks, some = dict(zip(raw.columns, found)), any(found[raw.width :])
    return blanks, columns_of.MISSING[1:] if some else ()  # asking for them takes half as long again


def _in_one_piece(table: CleanedTable, rows: int) -> bool:
    """Whether the features are held as one tensor."""
    return rows * len(feature_names(table.features)) * 4 <= MOST_IN_ONE_PIECE


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
            fields["features"] = _encoded(table.features, frame, sure, rows_read.spreads)
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
        if table.targets[0].label:
            made = _matrix(values.cast(pl.Float32))
            odd = ((made != 0) & (made != 1)).any(1).nonzero().flatten()
            if len(odd):
                row = int(odd[0])
                raise NoData(
                    f"Row {row + table.rows.at + 1:,} of {table.path.name} has a target that is neither 0 nor 1, as "
                    "those of the sample were. Set look to every row, so that it is known."
                )
            return made.long()
        return _matrix(values.cast(pl.Float32))
    name = table.targets[0].name
    if table.targets[0].kind == "ordered category":
        codes = values[name]
    else:
        # A join would change the order, and codes of Categorical depend on other tables.
        codes = values[name].cast(pl.Enum(list(table.classes)), strict=False).to_physical()
    if codes.null_count():
        at = int(codes.is_null().arg_true()[0])
        _refuse_target(table, at, values[name][at])
    return torch.from_numpy(codes.to_numpy().astype(numpy.int64))


def _refuse_target(table: CleanedTable, at: int, word: Any) -> None:
    names = ", ".join(cut(column.name, 40) for column in table.targets)
    what = f"has the class {quoted(word, 30)}, which was not in the sample" if word is not None else f"has no {names}"
    raise NoData(
        f"Row {at + table.rows.at + 1:,} of {table.path.name} {what}. Set look to every row, so that it is known."
    )


def _encoded(
    columns: Sequence[ExaminedColumn], frame: pl.DataFrame, sure: Collection[str], spreads: Mapping[str, Spread]
) -> EncodedFeatures:
    import numpy
    import polars as pl
    import torch

    numbers: list[pl.Series] = []
    at, codes, place = [], [], 0
    lying: dict[int, Spread] = {}
    for column in columns:
        if column.kind != "category":
            there = column.name in sure
            cells = frame.get_column(column.name) if there else value_frame(frame, (column,)).to_series()
            gaps, fill = cells.null_count(), column.fill or 0.0
            if column.name in spreads:
                spread = spreads[column.name]
                lying[len(numbers)] = spread.filled(len(cells), gaps, float(numpy.float32(fill))) if gaps else spread
            numbers.append((cells.fill_null(fill) if gaps else cells).cast(pl.Float32))
            at.append(place)
            place += 1
            if column.marked:
                numbers.append(cells.is_null().cast(pl.Float32))
                at.append(place)
                place += 1
            continue
        words = value_frame(frame, (column,))[column.name]
        coded = words.cast(pl.Enum(list(column.words)), strict=False).to_physical()
        if coded.null_count():
            gap, known = words.is_null(), coded.cast(pl.Int16).fill_null(-1)
            instead = len(column.words) if column.marked else int(column.fill) if column.fill is not None else -1
            coded = pl.select(pl.when(gap).then(pl.lit(instead, pl.Int16)).otherwise(known)).to_series()
        codes.append((place, torch.from_numpy(coded.to_numpy().astype(numpy.int16))))
        place += len(column.words) + column.marked
    named = [cells.alias(str(number)) for number, cells in enumerate(numbers)]
    made = pl.DataFrame(named) if named else pl.DataFrame(height=len(frame))
    return EncodedFeatures(place, made, at, codes, lying)
