"""Tables as data: what each column is for, which rows are samples, and their numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Feed
from nodes.api.schema import Field, Guess, NoData, Recognised, Schema, Skipped
from nodes.api.words import cut, listed, quoted
from nodes.reading import tables_columns as columns_of
from nodes.reading.tables_columns import Column
from nodes.reading.tables_dialect import NoTable, sniff
from nodes.reading.tables_frame import ENDINGS, Reading, Rows, read, read_large, stamp

if TYPE_CHECKING:
    import polars as pl
    from torch import Tensor

MISSING = ("auto", "mean", "most frequent", "own category", "leave the row out")
SPELLINGS = ("auto", "as written")
MOST_IN_ONE_PIECE = 64_000_000  # bytes of features that are held as one tensor; more are kept as codes of their words


@dataclass(frozen=True)
class Asked:
    """What a source was told of its table; ``auto`` and empty leave it to the data."""

    target: str = "auto"
    roles: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    missing: str = "auto"
    spelling: str = "auto"


@dataclass(frozen=True)
class Table:
    """A table that was looked at. ``frame`` are its cleaned rows, or those of the sample; ``samples`` are the rows of
    the frame that count, None where all do."""

    path: Path
    rows: Rows
    frame: pl.DataFrame
    columns: tuple[Column, ...]
    targets: tuple[Column, ...]
    classes: tuple[str, ...]
    samples: tuple[int, ...] | None
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    skipped_count: int
    stamp: str
    leaves_out: bool = False

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns from which is predicted."""
        return tuple(column for column in self.columns if column.role == "feature")

    @property
    def count(self) -> int:
        """The number of samples."""
        return self.rows.total if self.samples is None else len(self.samples)

    def of_role(self, role: str) -> Column | None:
        """The first column with this role."""
        return next((column for column in self.columns if column.role == role), None)


def understood(path: str, how: Reading, asked: Asked) -> Table:
    """A table, looked at as it was told.

    Raises:
        NoData: if it cannot be used, with the remedy.
        OSError: if the file cannot be read.
    """
    place = Path(path)
    if place.is_dir():
        raise NoData(f"{place.name} is a folder. Choose a file with a table.")
    try:
        return _understood(place, stamp(place), how, asked)
    except _EveryRowCounts:
        return _understood(place, stamp(place), replace(how, look="every row"), asked)


class _EveryRowCounts(Exception):
    """Rows have to be left out, and a sample does not say which."""


def forget() -> None:
    """Let go of the tables that were looked at last."""
    _rows.cache_clear()
    _understood.cache_clear()


@lru_cache(maxsize=2)
def _rows(path: Path, mark: str, how: Reading) -> tuple[Rows, pl.DataFrame]:
    rows = read(path, how)
    if stamp(path) != mark:
        raise NoData(f"{path.name} was changed while it was read. Look at it again.")
    return rows, columns_of.cleaned(rows.frame)


@lru_cache(maxsize=2)
def _understood(path: Path, mark: str, how: Reading, asked: Asked) -> Table:
    rows, frame = _rows(path, mark, how)

    def place(row: int) -> int:
        return rows.place(row) if rows.whole else 0

    kinds, roles = _told(asked.kinds), _told(asked.roles)
    for name in (*kinds, *roles):
        _known(name, rows.names, path)
    comma = rows.dialect is not None and rows.dialect.comma
    columns = columns_of.looked_into(frame, comma, kinds, place)
    # A role that was chosen is asked about again, with the choice in force.
    columns = [_chosen(column, roles, kinds) for column in columns_of.guessed_groups(columns, len(frame))]
    columns = [replace(column, role=roles.get(column.name, column.role)) for column in columns]
    names, guesses = _targets(asked.target, columns, path)
    columns = [replace(column, role="target") if column.name in names else column for column in columns]
    columns = [replace(c, role="feature") if c.role == "target" and c.name not in names else c for c in columns]
    columns = [replace(c, role="ignore") if c.role == "feature" and c.kind == "text" else c for c in columns]
    if not any(column.role == "feature" for column in columns):
        columns = [_needed(column, roles) for column in columns]  # x = 0, 1, 2, … may be all that there is
    remarks = list(rows.remarks)
    columns, more = _spelling(columns, asked.spelling, frame, rows)
    guesses += more
    targets, classes, more, said = _as_targets(names, columns, kinds, frame, place)
    guesses += more
    by_name = {column.name: column for column in targets}
    columns = [by_name.get(column.name, column) for column in columns]
    train = _training(columns, frame)
    columns = [_filled(column, asked.missing, frame, train) for column in columns]
    targets = tuple(column for name in names for column in columns if column.name == name)
    samples, skipped = _kept(columns, targets, classes, frame, asked.missing, rows)
    for column in columns:
        if column.role != "ignore" or column.distinct < 2:
            remarks.extend(column.remarks)
        guesses.extend(ask for ask in column.asks if column.name not in names)
    guesses = [_merged(ask, asked) for ask in guesses]
    remarks += said
    remarks += _missing_said(columns, frame, asked.missing, train is not None)
    if any(column.missing for column in columns if column.role == "feature") and asked.missing != "leave the row out":
        guesses.append(_missing_guess(asked.missing))
    if rows.whole:
        remarks += _oddities(columns, targets, classes, frame)
    return Table(
        path, rows, frame, tuple(columns), targets, classes, samples, (*rows.guesses, *guesses), tuple(remarks),
        (*rows.skipped, *skipped[:200]), rows.skipped_count + len(skipped), mark, asked.missing == "leave the row out",
    )  # fmt: skip


def _told(parts: Sequence[str]) -> dict[str, str]:
    return {part.rpartition("=")[0]: part.rpartition("=")[2] for part in parts}


def _known(name: str, names: Sequence[str], path: Path) -> None:
    if name not in names:
        raise NoData(f"{path.name} has no column {quoted(name, 40)}. It has: {listed(names, letters=30)}.")


def _merged(ask: Guess, asked: Asked) -> Guess:
    """A question about one column whose answers keep what was said of the others."""
    held = {"kinds": asked.kinds, "roles": asked.roles}.get(ask.setting)
    if held is None:
        return ask

    def whole(value: str) -> tuple[str, ...]:
        column = value.rpartition("=")[0]
        return (*(each for each in held if each.rpartition("=")[0] != column), value)

    choices = tuple((label, whole(value)) for label, value in ask.choices)
    return replace(ask, choices=choices, chosen=whole(ask.chosen))


def _chosen(column: Column, roles: Mapping[str, str], kinds: Mapping[str, str]) -> Column:
    """The questions about a column with what was chosen in force."""
    asks = []
    for ask in column.asks:
        told = roles.get(column.name) if ask.setting == "roles" else kinds.get(column.name)
        value = f"{column.name}={told}" if told else ask.chosen
        if any(value == each for _, each in ask.choices):
            asks.append(replace(ask, chosen=value))
    return replace(column, asks=tuple(asks))


def _needed(column: Column, roles: Mapping[str, str]) -> Column:
    """A column of numbers as a feature, where it was left out without being told so."""
    if column.role != "ignore" or column.kind != "number" or column.distinct < 2 or column.name in roles:
        return column
    asks = tuple(replace(ask, chosen=f"{column.name}=feature") for ask in column.asks)
    asks = tuple(replace(ask, sentence=f"{quoted(column.name, 40)} is the only feature.") for ask in asks)
    return replace(column, role="feature", asks=asks)


def _targets(asked: str, columns: Sequence[Column], path: Path) -> tuple[tuple[str, ...], list[Guess]]:
    """The names of the columns that are to be predicted."""
    told = [column.name for column in columns if column.role == "target"]
    names = [column.name for column in columns]
    if asked == "auto":
        chosen = tuple(told) or ((found,) if (found := columns_of.guessed_target(columns)) else ())
    elif not asked.strip() or asked == "none":
        return tuple(told), []
    elif asked in names:
        chosen = (asked,)
    else:
        row = next(csv.reader(io.StringIO(asked), skipinitialspace=True), [])
        chosen = tuple(dict.fromkeys(name.strip() for name in row if name.strip()))
        for name in chosen:
            _known(name, names, path)
    if told or (asked != "auto" and len(chosen) != 1):
        return chosen, []
    options = [name for name in names if name in chosen or len(names) <= 40][:40]
    choices = tuple((name, spelled_name(name)) for name in options)
    said = f"{quoted(chosen[0], 40)} is what is predicted." if chosen else "Nothing is predicted."
    guess = Guess("target", said, (*choices, ("nothing", "none")), spelled_name(chosen[0]) if chosen else "none")
    return chosen, [guess]


def spelled_name(name: str) -> str:
    """The name of a column as the setting ``target`` writes it."""
    return f'"{name}"' if name in ("auto", "none") else name


def _spelling(
    columns: Sequence[Column], spelling: str, frame: pl.DataFrame, rows: Rows
) -> tuple[list[Column], list[Guess]]:
    """Words that differ in capitals or blanks alone are one, unless it was said that they stay as they are written."""
    made, guesses = [], []
    for column in columns:
        merged = columns_of.merge_spellings(column) if column.kind != "number" and column.words else column
        if merged.merged and column.role in ("feature", "target", "group"):
            other, word = next(iter(merged.merged.items()))
            said = f"{quoted(column.name, 40)} has {quoted(word, 20)} and {quoted(other, 20)}"
            kept = spelling == "as written"
            said += ", read as two words." if kept else ", read as one word."
            choices = (("as one word", "auto"), ("as they are written", "as written"))
            guesses.append(Guess("spelling", said, choices, spelling))
            merged = column if kept else replace(merged, remarks=(*merged.remarks, said.rstrip(".")))
        if column.role in ("feature", "target") and column.words and rows.frame.schema[column.name].is_(_text()):
            raw = rows.frame[column.name]
            blanks = int((raw.str.strip_chars() != raw).sum() or 0)
            known = set(column.words)
            torn = blanks and bool(raw.str.strip_chars().filter(raw.str.strip_chars() != raw).is_in(list(known)).any())
            if torn and column.kind != "number" and int((raw.str.strip_chars() == raw).sum() or 0):
                merged = replace(
                    merged,
                    remarks=(
                        *merged.remarks,
                        f"Blanks around {blanks:,} words of {quoted(column.name, 40)} are left off",
                    ),
                )
        made.append(merged)
    return made, guesses


def _text() -> Any:
    import polars as pl

    return pl.String


def _as_targets(
    names: Sequence[str], columns: Sequence[Column], kinds: Mapping[str, str], frame: pl.DataFrame, place: Any
) -> tuple[tuple[Column, ...], tuple[str, ...], list[Guess], list[str]]:
    """The targets, the words for their classes if it is one class, what was decided and what is odd about it."""
    targets = [next(column for column in columns if column.name == name) for name in names]
    guesses: list[Guess] = []
    remarks: list[str] = []
    if len(targets) == 1:
        (target,) = targets
        shown = quoted(target.name, 40)
        told = kinds.get(target.name)
        if target.kind == "text":
            target = columns_of.as_words(target, frame[target.name])
        if target.distinct < 2 and target.kind != "number":
            remarks.append(f"{shown} has one class in all rows, so there is nothing to learn")
        classes = target.kind in ("category", "ordered category")
        if target.kind == "number" and told is None:
            classes = columns_of.is_class(target, frame)
            few = target.distinct <= 20
            if few or classes:
                what = f"{target.distinct} classes" if classes else "a number"
                choices = (("a number", f"{target.name}=number"), ("classes", f"{target.name}=category"))
                said = f"{shown} has {target.distinct} different numbers and is read as {what}."
                guesses.append(Guess("kinds", said, choices, choices[int(classes)][1]))
            if classes:
                target = columns_of.as_words(target, frame[target.name])
        elif target.kind == "number" or (classes and told):
            choices = (("a number", f"{target.name}=number"), ("classes", f"{target.name}=category"))
            numbers = target.kind == "number" or all(_is_number(word) for word in target.words)
            if numbers:
                said = f"{shown} is read as {'classes' if classes else 'a number'}."
                guesses.append(Guess("kinds", said, choices, choices[int(classes)][1]))
        if classes and len(target.words) > 1000:
            raise NoData(
                f"{shown} has {len(target.words):,} different words, too many to be classes. Choose another target."
            )
        if classes:
            alone = [word for word, count in zip(target.words, target.counts) if count == 1]
            if alone:
                is_are = "has" if len(alone) == 1 else "have each"
                plural = "class" if len(alone) == 1 else "classes"
                remarks.append(
                    f"The {plural} {listed([quoted(word, 20) for word in alone], most=5)} {is_are} one sample"
                )
            return (target,), target.words, guesses, remarks
        targets = [target]
    for target in targets:
        if target.kind not in ("number", "date", "date, month first"):
            raise NoData(
                f"Several targets have to be numbers, but {quoted(target.name, 40)} holds "
                f"{'texts' if target.kind == 'text' else 'words'}. Choose one target, or numbers alone."
            )
    return tuple(targets), (), guesses, remarks


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _training(columns: Sequence[Column], frame: pl.DataFrame) -> pl.Series | None:
    """Which rows are for training, where the data has its own parts."""
    part = next((column for column in columns if column.role == "part"), None)
    if part is None:
        return None
    import polars as pl

    return pl.Series([columns_of.part_of(word) == "train" for word in frame[part.name].to_list()])


def _filled(column: Column, missing: str, frame: pl.DataFrame, train: pl.Series | None) -> Column:
    """The column with what stands in for its missing values, measured on the training rows where they are known."""
    if column.role != "feature":
        return column
    seen = frame.filter(train) if train is not None else frame
    if missing == "leave the row out":
        return replace(column, fill=None)
    if column.kind == "category":
        own = missing in ("auto", "own category") and column.missing > 0
        best = max(range(len(column.words)), key=lambda at: (column.counts[at], -at), default=None)
        return replace(column, marked=own, fill=float(best) if best is not None and not own else None)
    values = value_frame(seen, (column,))[column.name].drop_nulls()
    if not len(values):
        return replace(column, fill=0.0)
    if missing == "most frequent":
        fill = float(values.value_counts().sort(["count", column.name], descending=[True, False])[column.name][0])
    else:
        fill = float(values.mean())  # type: ignore[arg-type]
    return replace(column, fill=fill, marked=missing == "own category" and column.missing > 0)


def value_frame(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Columns of cleaned cells as their values: numbers, days, ranks, and words in one spelling. Null is missing."""
    return frame.select(value(column, frame.schema[column.name] != _text()) for column in columns)


def value(column: Column, typed: bool) -> pl.Expr:
    """The values of one column of cleaned cells."""
    import polars as pl

    if column.kind == "number":
        return columns_of.number(column.name, typed, column.steps)
    if column.format:
        return columns_of.days(column.name, column.format)
    words = columns_of.words_of(column.name) if typed else pl.col(column.name)
    if column.merged:
        words = words.replace(dict(column.merged))
    if column.kind == "ordered category":
        ranks = {word: float(rank) for rank, word in enumerate(column.words)}
        return words.replace_strict(ranks, default=None, return_dtype=pl.Float64).alias(column.name)
    return words.alias(column.name)


def feature_names(columns: Sequence[Column]) -> tuple[str, ...]:
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


def feature_expressions(columns: Sequence[Column]) -> list[pl.Expr]:
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


def _kept(
    columns: Sequence[Column], targets: Sequence[Column], classes: tuple[str, ...], frame: pl.DataFrame, missing: str,
    rows: Rows,
) -> tuple[tuple[int, ...] | None, list[Skipped]]:  # fmt: skip
    """The rows that are samples: those with a target, and without a gap if gaps are left out."""
    asked = list(targets)
    if missing == "leave the row out":
        asked += [column for column in columns if column.role == "feature"]
    if not asked:
        return None, []
    values = value_frame(frame, asked)
    gone = {column.name: values[column.name].is_null() for column in asked}
    bad = None
    for flags in gone.values():
        bad = flags if bad is None else bad | flags
    assert bad is not None
    if not bad.any():
        return None, []
    if not rows.whole:
        raise _EveryRowCounts
    skipped = []
    for at in bad.arg_true().to_list():
        name = next(name for name, flags in gone.items() if flags[at])
        skipped.append(Skipped(f"row {rows.place(at):,}", f"It has no {cut(name, 40)}."))
    kept = tuple((~bad).arg_true().to_list())
    if not kept:
        raise NoData("No row is left: each one has a gap. Choose another target, or let gaps be filled.")
    return kept, skipped


def _missing_said(columns: Sequence[Column], frame: pl.DataFrame, missing: str, train: bool) -> list[str]:
    gaps = [column for column in columns if column.role == "feature" and column.missing]
    if not gaps or missing == "leave the row out":
        return []
    cells = ", ".join(f"{cut(column.name, 30)} {column.missing:,}" for column in gaps[:5])
    more = f" and {len(gaps) - 5} more columns" if len(gaps) > 5 else ""
    where = "the rows for training" if train else "all rows, also those for validation"
    filled = any(column.kind != "category" or column.fill is not None for column in gaps)
    measured = f", measured on {where}" if filled else ""
    what = {
        "auto": "the mean or a category of their own",
        "mean": "the mean or the most frequent word",
        "most frequent": "the most frequent value",
        "own category": "the mean and a feature that says so",
    }[missing]
    return [f"Missing cells ({cells}{more}) become {what}{measured}"]


def _missing_guess(missing: str) -> Guess:
    labels = {"auto": "mean, or own category", "mean": "mean", "most frequent": "most frequent",
              "own category": "own category", "leave the row out": "leave the row out"}  # fmt: skip
    return Guess(
        "missing", "Cells are missing among the features.", tuple((labels[each], each) for each in MISSING), missing
    )


def _oddities(
    columns: Sequence[Column], targets: Sequence[Column], classes: tuple[str, ...], frame: pl.DataFrame
) -> list[str]:
    """Features that give the target away, rows that are there more than once."""
    import polars as pl

    said = []
    features = [column for column in columns if column.role == "feature"]
    if len(targets) == 1 and len(frame) >= 10:
        (target,) = targets
        values = value_frame(frame, (*features, target)).drop_nulls(target.name)
        kinds = values[target.name].n_unique()
        for column in features:
            pair = values.select(column.name, target.name).drop_nulls()
            distinct = pair[column.name].n_unique()
            if kinds < 2 or distinct < 2 or len(pair) < 10:
                continue
            if distinct <= max(kinds, len(pair) // 5) and pair.n_unique() == distinct:
                said.append(f"{quoted(column.name, 40)} alone tells {quoted(target.name, 40)}; is it known beforehand?")
            elif not classes and column.kind == "number":
                close = pair.select(pl.corr(column.name, target.name)).item()
                if close is not None and abs(close) > 0.99999:
                    said.append(
                        f"{quoted(column.name, 40)} alone tells {quoted(target.name, 40)}; is it known beforehand?"
                    )
    used = [column.name for column in (*features, *targets)]
    if len(used) > 1 and len(frame) >= 2:
        again = len(frame) - frame.select(used).n_unique()
        if again and again < 0.5 * len(frame) and any(column.kind == "number" for column in features):
            said.append(f"{again:,} row{'s' * (again > 1)} stand{'s' * (again == 1)} there more than once")
    return said


# ---- what a source says and gives


def schema_of(table: Table) -> Schema:
    """What the source offers."""
    fields: dict[str, Field] = {}
    names = feature_names(table.features)
    if names:
        fields["features"] = Field((len(names),), names=names)
    if table.targets:
        if table.classes:
            fields["target"] = Field((), "int", table.classes, table.targets[0].counts if table.rows.whole else ())
        else:
            fields["target"] = Field((len(table.targets),), names=tuple(column.name for column in table.targets))
    if not fields:
        raise NoData("No column is a feature or a target. Choose the roles of the columns.")
    parts: dict[str, int] = {}
    part = table.of_role("part")
    if part is not None and table.rows.whole:
        marks = [columns_of.part_of(word) for word in _samples_of(table, table.frame).get_column(part.name).to_list()]
        parts = {name: marks.count(name) for name in ("train", "validation", "test") if name in marks}
    group = table.of_role("group")
    return Schema(
        fields,
        table.count,
        parts if len(parts) > 1 else {},
        noun=("row", "rows"),
        guesses=table.guesses,
        remarks=table.remarks,
        skipped=table.skipped,
        skipped_count=table.skipped_count,
        groups=group.name if group is not None else "",
        stamp=table.stamp,
    )


def _samples_of(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    return frame if table.samples is None else frame[list(table.samples)]


def full_frame(table: Table) -> pl.DataFrame:
    """All rows, cleaned; of a large file they are read now.

    Raises:
        NoData: if a row is not as those of the sample.
    """
    if table.rows.whole:
        return table.frame
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
    frame = frame.with_columns(_clean_words(frame[name]) for name in frame.columns if name in used)
    for column in table.columns:
        if column.kind != "number" or column.name not in used or column.remarks:
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
    return frame


def _clean_words(cells: pl.Series) -> pl.Series:
    """As ``clean`` does. Of a million cells with five words, only the words are looked at."""
    import polars as pl

    if cells.dtype != pl.String:
        return cells
    words = cells.unique().drop_nulls()
    rule = columns_of.clean(cells.name)
    if words.to_frame().select(rule).to_series().equals(words):
        return cells
    return cells.to_frame().select(rule).to_series()


def _matrix(frame: pl.DataFrame) -> Tensor:
    """The columns of a frame of float32 side by side (rows, columns), in memory of their own."""
    import numpy
    import torch

    return torch.from_numpy(numpy.ascontiguousarray(frame.to_numpy(order="c", writable=True)))


def feed_of(table: Table) -> Feed:
    """The samples.

    Raises:
        NoData: if they cannot be read, or are not as they looked.
    """
    import numpy
    import torch

    frame = _samples_of(table, full_frame(table))
    fields: dict[str, Any] = {}
    names = feature_names(table.features)
    if names:
        if len(frame) * len(names) * 4 <= MOST_IN_ONE_PIECE:
            values = value_frame(frame, table.features)
            fields["features"] = _matrix(values.select(feature_expressions(table.features)))
        else:
            fields["features"] = _encoded(table.features, frame)
    if table.targets:
        fields["target"] = _target_tensor(table, frame)
    groups = None
    group = table.of_role("group")
    if group is not None:
        words = frame[group.name]
        groups = torch.from_numpy(numpy.array(words.rank("dense").fill_null(0).to_numpy(), dtype=numpy.int64))
    parts = None
    part = table.of_role("part")
    if part is not None and table.rows.whole:
        marks = numpy.array([columns_of.part_of(word) for word in frame[part.name].to_list()])
        found = {name: torch.from_numpy(numpy.flatnonzero(marks == name)) for name in ("train", "validation", "test")}
        parts = {name: index for name, index in found.items() if len(index)}
        parts = parts if len(parts) > 1 else None
    samples, rows = table.samples, table.rows

    def name_of(number: int) -> str:
        at = number if samples is None else samples[number]
        return f"row {rows.place(at):,}" if rows.whole else f"row {at + rows.at + 1:,}"

    return Feed(fields, parts, groups=groups, name_of=name_of)


def _target_tensor(table: Table, frame: pl.DataFrame) -> Tensor:
    import numpy
    import polars as pl
    import torch

    values = value_frame(frame, table.targets)
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


def _refuse_target(table: Table, at: int, word: Any) -> None:
    names = ", ".join(cut(column.name, 40) for column in table.targets)
    what = f"has the class {quoted(word, 30)}, which was not in the sample" if word is not None else f"has no {names}"
    raise NoData(
        f"Row {at + table.rows.at + 1:,} of {table.path.name} {what}. Set look to every row, so that it is known."
    )


class _Encoded:
    """Features of very many rows: numbers as they are, and words as codes that become columns when they are asked
    for."""

    def __init__(self, width: int, numbers: Tensor, at: list[int], codes: list[tuple[int, Tensor]]) -> None:
        self._width = width
        self._numbers = numbers
        self._at = at
        self._codes = codes

    def __len__(self) -> int:
        return len(self._numbers)

    def at(self, index: Tensor) -> Tensor:
        """The features (n, width) of these samples."""
        import torch

        made = torch.zeros(len(index), self._width)
        made[:, self._at] = self._numbers.index_select(0, index)
        for start, codes in self._codes:
            found = codes.index_select(0, index).long()
            known = found >= 0
            made[known, start + found[known]] = 1.0
        return made


def _encoded(columns: Sequence[Column], frame: pl.DataFrame) -> _Encoded:
    import numpy
    import polars as pl
    import torch

    plain, at, codes, place = [], [], [], 0
    values = value_frame(frame, columns)
    for column in columns:
        cells = pl.col(column.name)
        if column.kind != "category":
            plain.append(cells.fill_null(column.fill or 0.0).cast(pl.Float32).alias(str(place)))
            at.append(place)
            place += 1
            if column.marked:
                plain.append(cells.is_null().cast(pl.Float32).alias(str(place)))
                at.append(place)
                place += 1
            continue
        words = values[column.name].cast(pl.Enum(list(column.words)), strict=False).to_physical().cast(pl.Int16)
        gap = values[column.name].is_null()
        instead = len(column.words) if column.marked else int(column.fill) if column.fill is not None else -1
        coded = pl.select(pl.when(gap).then(pl.lit(instead, pl.Int16)).otherwise(words.fill_null(-1))).to_series()
        codes.append((place, torch.from_numpy(numpy.array(coded.to_numpy(), dtype=numpy.int16))))
        place += len(column.words) + column.marked
    numbers = _matrix(values.select(plain)) if plain else torch.zeros(len(frame), 0)
    return _Encoded(place, numbers, at, codes)


def recognise(path: Path) -> Recognised | None:
    """Whether a file is a table, by its ending and its first bytes."""
    if not path.is_file():
        return None
    ending = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(20_000)
    if head[:4] == b"PAR1":
        return Recognised({"path": str(path)}, 0.95)
    if ending in ENDINGS["excel"] and head[:4] in (b"PK\3\4", b"\xd0\xcf\x11\xe0"):
        return Recognised({"path": str(path)}, 0.9)
    if ending in ENDINGS["json"]:
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2]
        if start[:1] == b"{" and ending != ".json":
            return Recognised({"path": str(path)}, 0.7)
        return Recognised({"path": str(path)}, 0.6) if start[:1] in (b"[", b"{") and len(head) > 2 else None
    if ending not in ENDINGS["csv"] or not head.strip():
        return None
    try:
        dialect = sniff(head)
    except (NoTable, UnicodeError):
        return None
    if ending in (".csv", ".tsv", ".tab"):
        return Recognised({"path": str(path)}, 0.8)
    return Recognised({"path": str(path)}, 0.55) if dialect.width > 1 and dialect.separator != " " else None
