"""Tables as data: what each column is for, which rows are samples, and their numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.schema import Field, Guess, NoData, Schema, Skipped, TableColumn
from nodes.api.words import cut, listed, quoted
from nodes.reading import tables_columns as columns_of
from nodes.reading import tables_count, tables_dialect, tables_matrices, tables_parts, tables_pictures
from nodes.reading import tables_roles as roles_of
from nodes.reading.pictures import PicturePreparation
from nodes.reading.tables_asks import chosen_asks, merged
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_files import parts_of_table, read, stamp
from nodes.reading.tables_frame import EveryRowCounts, TableReading, TableRows
from nodes.reading.tables_index import indices_of
from nodes.reading.tables_labels import as_labels, guessed_labels, last_labels
from nodes.reading.tables_prepared import kept
from nodes.reading.tables_remarks import gathered, missing_guess, missing_said, oddities
from nodes.reading.tables_spelling import spelling_of
from nodes.reading.tables_units import is_about_codes
from nodes.reading.tables_values import feature_names, value_frame

if TYPE_CHECKING:
    import polars as pl

LONGEST_WORD = 1000  # letters of a word for a class
MOST_COLUMNS = 1000  # whose roles and kinds can be chosen one by one
FIRST_CELLS = 4  # of a column that are shown
MOST_CLASSES = 10_000
MOST_ASKED = 20  # questions about single columns: of a table of thousands, nobody answers each
SPELLINGS = ("auto", "as written")


@dataclass(frozen=True)
class TableSettings:
    """What a source was told of its table; ``auto`` and empty leave it to the data."""

    target: str = "auto"
    roles: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    missing: str = "auto"
    spelling: str = "auto"
    size: Any = "auto"


@dataclass(frozen=True)
class CleanedTable:
    """A table that was looked at. ``frame`` are its cleaned rows, or those of the sample; ``samples`` are the rows of
    the frame that count, None where all do. ``tally`` counts the words of the column of parts in all rows, where the
    frame is a sample of them; the classes of the target are counted in all rows, too, then."""

    path: Path
    rows: TableRows
    frame: pl.DataFrame
    columns: tuple[ExaminedColumn, ...]
    targets: tuple[ExaminedColumn, ...]
    classes: tuple[str, ...]
    samples: tuple[int, ...] | None
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    skipped_count: int
    stamp: str
    leaves_out: bool = False
    as_written: bool = False
    pictures: PicturePreparation | None = None
    matrices: tables_matrices.Matrices | None = None
    tally: Mapping[str | None, int] = field(default_factory=dict, hash=False)

    @property
    def features(self) -> tuple[ExaminedColumn, ...]:
        """The columns from which is predicted."""
        return tuple(column for column in self.columns if column.role == "feature")

    @property
    def count(self) -> int:
        """The number of samples."""
        return self.rows.total if self.samples is None else len(self.samples)

    def of_role(self, role: str) -> ExaminedColumn | None:
        """The first column with this role."""
        return next((column for column in self.columns if column.role == role), None)


def understood(path: str, how: TableReading, asked: TableSettings) -> CleanedTable:
    """A table, looked at as it was told.

    Raises:
        NoData: if it cannot be used, with the remedy.
        OSError: if the file cannot be read.
    """
    place = Path(path)
    if place.is_dir() and not parts_of_table(place):
        raise NoData(f"{place.name} is a folder. Choose a file with a table, or a folder of Parquet files alone.")
    try:
        return _understood(place, stamp(place), how, asked)
    except EveryRowCounts:
        return _understood(place, stamp(place), replace(how, look="every row"), asked)


def forget() -> None:
    """Let go of the tables that were looked at last."""
    for forgotten in (_rows.cache_clear, _understood.cache_clear, tables_dialect.forget, tables_count.forget):
        forgotten()


@lru_cache(maxsize=2)
def _rows(path: Path, mark: str, how: TableReading) -> tuple[TableRows, pl.DataFrame]:
    rows = read(path, how)
    if stamp(path) != mark:
        raise _changed(path)
    return rows, columns_of.cleaned(rows.frame, rows.bare)


@lru_cache(maxsize=2)
def _understood(path: Path, mark: str, how: TableReading, asked: TableSettings) -> CleanedTable:
    rows, frame = _rows(path, mark, how)

    def place(row: int) -> int:
        return rows.place(row) if rows.whole else 0

    kinds, roles = _told(asked.kinds), _told(asked.roles)
    for name in (*kinds, *roles):
        _known(name, rows.names, path)
    comma = rows.dialect is not None and rows.dialect.comma
    columns = roles_of.of_sheets(columns_of.looked_into(frame, comma, kinds, place), rows.sheets)
    # A role that was chosen is asked about again, with the choice in force.
    columns = [
        chosen_asks(column, roles, kinds) for column in roles_of.guessed_groups(indices_of(columns, frame), len(frame))
    ]
    console = roles_of.console_roles(rows.names)
    columns = [
        replace(column, role=console[column.name], asks=tuple(ask for ask in column.asks if ask.setting != "roles"))
        if column.name in console and column.role != "image path" and column.distinct > 1
        else column
        for column in columns
    ]
    files = [column for column in columns if column.name in console and roles_of.names_files(column)]
    matrix = tables_matrices.column_of(files, columns, console, path, frame)
    if matrix is not None:
        files.remove(matrix)
        columns = [replace(c, role="image path", asks=()) if c is matrix else c for c in columns]
    columns = [replace(column, role="ignore") if column in files else column for column in columns]
    columns = [replace(column, role=roles.get(column.name, column.role)) for column in columns]
    names, guesses = _targets(asked.target, columns, path)
    columns = [replace(column, role="target") if column.name in names else column for column in columns]
    columns = [replace(c, role="feature") if c.role == "target" and c.name not in names else c for c in columns]
    columns = [replace(c, role="ignore") if c.role == "feature" and c.kind == "text" else c for c in columns]
    if not any(column.role == "feature" for column in columns):
        columns = [_needed(column, roles) for column in columns]  # x = 0, 1, 2, … may be all that there is
    remarks = list(rows.remarks)
    if console:
        remarks.append("The header is that of a Neural Network Console data set: x goes in, y is what is predicted")
    for column in files:
        named_file = quoted(column.words[0] if column.words else "", 30)
        remarks.append(
            f"{quoted(column.name, 40)} names files that are no pictures, such as {named_file}, and is left out"
        )
    named = next((column for column in columns if column.role == "image path"), None)
    pictures, matrices = None, None
    if named is not None and matrix is not None and named.name == matrix.name:
        matrices = tables_matrices.matrices(path, frame[named.name].drop_nulls().to_list())
        remarks.append(f"{quoted(named.name, 40)} names files with {matrices.rows}×{matrices.columns} numbers each")
    elif named is not None:
        pictures, more = tables_pictures.preparation(path, frame[named.name], asked.size)
        guesses += more
    columns, more = spelling_of(columns, asked.spelling, frame, rows)
    guesses += more
    targets, classes, more, said = _as_targets(names, columns, kinds, frame, place)
    guesses += more
    targets, more = as_labels(targets, asked.kinds, frame)
    guesses += more
    by_name = {column.name: column for column in targets}
    columns = [by_name.get(column.name, column) for column in columns]
    part = next((column for column in columns if column.role == "part"), None)
    tally: Mapping[str | None, int] = {}
    if part is not None and not rows.whole:
        # How many rows each part has is never told from a sample.
        counted = targets[0] if classes else None
        tally, found = tables_parts.tally(path, rows, part, counted)
        if counted is not None:
            columns = [replace(column, counts=found) if column is counted else column for column in columns]
    if part is not None:
        remarks += tables_parts.strange(part, rows, frame, tally)
    train = tables_parts.training(part, frame)
    columns = [_filled(column, asked.missing, frame, train) for column in columns]
    targets = tuple(column for name in names for column in columns if column.name == name)
    samples, skipped = _kept(columns, targets, named, path, frame, asked.missing, rows)
    for column in columns:
        if column.role != "ignore" or column.distinct < 2:
            remarks.extend(column.remarks)
    asks = [ask for column in columns for ask in column.asks if column.name not in names or is_about_codes(ask)]
    guesses += asks[:MOST_ASKED]
    if len(asks) > MOST_ASKED:
        remarks.append(f"{len(asks) - MOST_ASKED:,} more columns could be read otherwise; see kinds and roles")
    guesses = [merged(ask, asked.kinds, asked.roles) for ask in guesses]
    remarks += said
    remarks += missing_said(columns, frame, asked.missing, train is not None)
    if any(column.missing for column in columns if column.role == "feature"):
        guesses.append(missing_guess(asked.missing))
    if rows.whole:
        remarks += oddities(columns, targets, classes, frame)
    guesses = [*rows.guesses, *guesses]
    if not rows.whole:
        looked = f"Kinds, classes and means were found in {len(frame):,} of {rows.total:,} rows"
        guesses.insert(0, Guess("look", f"{looked}.", (("a sample", "auto"), ("every row", "every row")), "auto"))
        if stamp(path) != mark:  # while its rows were counted
            raise _changed(path)
    return CleanedTable(
        path, rows, frame, tuple(columns), targets, classes, samples, tuple(guesses), gathered(remarks),
        (*rows.skipped, *skipped[:200]), rows.skipped_count + len(skipped), mark, asked.missing == "leave the row out",
        asked.spelling == "as written", pictures, matrices, tally,
    )  # fmt: skip


def _changed(path: Path) -> NoData:
    return NoData(f"{path.name} was changed while it was read. Look at it again.")


def _told(parts: Sequence[str]) -> dict[str, str]:
    return {part.rpartition("=")[0]: part.rpartition("=")[2] for part in parts}


def _known(name: str, names: Sequence[str], path: Path) -> None:
    if name not in names:
        raise NoData(f"{path.name} has no column {quoted(name, 40)}. It has: {listed(names, letters=30)}.")


def _needed(column: ExaminedColumn, roles: Mapping[str, str]) -> ExaminedColumn:
    """A column of numbers as a feature, where it was left out without being told so."""
    if column.role != "ignore" or column.kind != "number" or column.distinct < 2 or column.name in roles:
        return column
    asks = tuple(replace(ask, chosen=f"{column.name}=feature") for ask in column.asks)
    asks = tuple(replace(ask, sentence=f"{quoted(column.name, 40)} is the only feature.") for ask in asks)
    return replace(column, role="feature", asks=asks)


def _targets(asked: str, columns: Sequence[ExaminedColumn], path: Path) -> tuple[tuple[str, ...], list[Guess]]:
    """The names of the columns that are to be predicted."""
    told = [column.name for column in columns if column.role == "target"]
    names = [column.name for column in columns]
    if asked == "auto":
        one = roles_of.guessed_target(columns)
        chosen = tuple(told) or guessed_labels(columns) or ((one,) if one else ())
    elif not asked.strip() or asked == "none":
        chosen = tuple(told)
    elif asked in names:
        chosen = (asked,)
    else:
        row = next(csv.reader(io.StringIO(asked), skipinitialspace=True), [])
        chosen = tuple(dict.fromkeys(name.strip() for name in row if name.strip()))
        for name in chosen:
            _known(name, names, path)
    if told and asked in ("auto", "none", ""):
        return chosen, []  # the table of columns says so, and it can be said otherwise there
    options = [name for name in names if name in chosen or len(names) <= 40][:40]
    choices = tuple((name, spelled_name(name)) for name in options)
    several, others = _several_targets(columns)  # offered whatever was chosen, so that each answer can be taken back
    if len(chosen) > 1 and asked not in [value for _, value in several]:
        several = ((" and ".join(chosen), asked), *several)
    choices = (*several, *choices)
    shown = listed([quoted(name, 40) for name in chosen], most=3)
    said = f"{shown} {'is' if len(chosen) == 1 else 'are'} what is predicted." if chosen else "Nothing is predicted."
    if others and asked == "auto" and len(chosen) == 1:
        shown = listed([quoted(name, 40) for name in others], most=3)
        many = "goes in as a feature" if len(others) == 1 else "go in as features"
        said = f"{quoted(chosen[0], 40)} is what is predicted; {shown} could be meant, too, and {many}."
    now = asked if len(chosen) > 1 else spelled_name(chosen[0]) if chosen else "none"
    guess = Guess("target", said, (*choices, ("nothing", "none")), now)
    return chosen, [guess]


def _several_targets(columns: Sequence[ExaminedColumn]) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """The answers that predict several columns together, and what beside the guessed target could be meant."""
    labels = guessed_labels(columns)
    if labels:
        return ((" and ".join(labels), "auto"),), []
    one = roles_of.guessed_target(columns)
    others = [column.name for column in roles_of.rivals(columns, one)] if one else []
    last = last_labels(columns)
    found = ((f"{listed(list(last), ' and ', most=3)}, yes or no each", ", ".join(last)),) if one in last else ()
    both = [column for column in columns if column.name == one or column.name in others]
    if others and len(both) <= 5 and all(column.kind == "number" for column in both):
        names = [column.name for column in both]
        found = ((" and ".join(names), ", ".join(names)), *found)
    return found, others


def spelled_name(name: str) -> str:
    """The name of a column as the setting ``target`` writes it."""
    return f'"{name}"' if name in ("auto", "none") else name


def _as_targets(
    names: Sequence[str], columns: Sequence[ExaminedColumn], kinds: Mapping[str, str], frame: pl.DataFrame, place: Any
) -> tuple[tuple[ExaminedColumn, ...], tuple[str, ...], list[Guess], list[str]]:
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
            classes = roles_of.is_class(target, frame)
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
        if classes and len(target.words) > MOST_CLASSES:
            others = [column.name for column in columns if column.name != target.name and column.distinct > 1]
            raise NoData(
                f"{shown} has {len(target.words):,} different words, too many to be classes. Choose another target.",
                choices=tuple((f"predict {cut(name, 30)}", "target", spelled_name(name)) for name in others[:4]),
            )
        if classes and (longest := max(map(len, target.words), default=0)) > LONGEST_WORD:
            others = [column.name for column in columns if column.name != target.name and column.distinct > 1]
            raise NoData(
                f"{shown} holds texts of up to {longest:,} letters, too long to be names of classes. Choose another "
                "target.",
                choices=tuple((f"predict {cut(name, 30)}", "target", spelled_name(name)) for name in others[:4]),
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
        if target.kind != "number" and not target.format:
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


def _filled(column: ExaminedColumn, missing: str, frame: pl.DataFrame, train: pl.Series | None) -> ExaminedColumn:
    """The column with what stands in for its missing values, measured on the rows of ``frame`` that are marked in
    ``train`` as those for training, where this is known."""
    if column.role != "feature":
        return column
    if missing == "leave the row out":
        return replace(column, fill=None)
    if column.kind == "category":
        own = missing in ("auto", "own category") and column.missing > 0
        best = max(range(len(column.words)), key=lambda at: (column.counts[at], -at), default=None)
        return replace(column, marked=own, fill=float(best) if best is not None and not own else None)
    marked = missing == "own category" and column.missing > 0
    if column.kind == "number" and column.mean is not None and train is None and missing != "most frequent":
        return replace(column, fill=column.mean, marked=marked)
    values = value_frame(frame, (column,)).to_series()
    values = values.filter(train) if train is not None else values
    if values.null_count() == len(values):
        return replace(column, fill=0.0)
    if missing == "most frequent":
        fill = float(
            values.drop_nulls().value_counts().sort(["count", column.name], descending=[True, False])[column.name][0]
        )
    else:
        fill = float(values.mean())  # type: ignore[arg-type]
    return replace(column, fill=fill, marked=marked)


def _kept(
    columns: Sequence[ExaminedColumn], targets: Sequence[ExaminedColumn], named: ExaminedColumn | None, path: Path,
    frame: pl.DataFrame, missing: str, rows: TableRows,
) -> tuple[tuple[int, ...] | None, list[Skipped]]:  # fmt: skip
    """The rows that are samples: those with a target and a picture, and without a gap if gaps are left out."""
    import polars as pl

    asked = list(targets)
    if missing == "leave the row out":
        asked += [column for column in columns if column.role == "feature"]
    values = value_frame(frame, asked)
    reasons = {f"It has no {cut(column.name, 40)}.": values[column.name].is_null() for column in asked}
    if named is not None:
        found = tables_pictures.there(path, frame[named.name].to_list())
        what = "file of numbers" if tables_matrices.names_matrices(named) else "picture"
        reasons[f"Its {what} is not there."] = ~pl.Series(found, dtype=pl.Boolean)
    bad = None
    for flags in reasons.values():
        bad = flags if bad is None else bad | flags
    if bad is None or not bad.any():
        return None, []
    if not rows.whole:
        raise EveryRowCounts
    skipped = []
    for at in bad.arg_true().to_list():
        reason = next(reason for reason, flags in reasons.items() if flags[at])
        skipped.append(Skipped(f"row {rows.place(at):,}", reason))
    kept = tuple((~bad).arg_true().to_list())
    if not kept:
        raise NoData("No row is left: each one has a gap. Choose another target, or let gaps be filled.")
    return kept, skipped


# ---- what a source says and gives


def schema_of(table: CleanedTable) -> Schema:
    """What the source offers."""
    fields: dict[str, Field] = {}
    names = feature_names(table.features)
    if names:
        fields["features"] = Field((len(names),), names=names)
    if table.targets:
        if table.classes:
            fields["target"] = Field(
                (), "int", table.classes, table.targets[0].counts if table.rows.whole or table.tally else ()
            )
        else:
            called = tuple(column.name for column in table.targets)
            labels = table.targets[0].label
            fields["target"] = Field((len(called),), "int" if labels else "float", 2 if labels else (), names=called)
    if table.pictures is not None:
        how = table.pictures
        fields["image"] = Field((how.channels, how.height, how.width))
    if table.matrices is not None:
        fields["image"] = Field(table.matrices.sizes)
    if not fields:
        if all(column.distinct < 2 for column in table.columns):
            raise NoData(f"No column of {table.path.name} has two different values, so there is nothing to learn.")
        raise NoData("No column is a feature or a target. Choose the roles of the columns.")
    parts: dict[str, int] = {}
    part = table.of_role("part")
    if part is not None:
        seen = samples_of(table, table.frame)[part.name] if table.rows.whole else None
        parts = tables_parts.sizes(tables_parts.counts(seen) if seen is not None else table.tally)
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
        settled=kept(table.features, table.targets, table.classes),
        columns=tuple(seen_column(table, column) for column in table.columns[:MOST_COLUMNS]),
        column_count=len(table.columns),
        aims=tuple(column.name for column in table.targets),
    )


def seen_column(table: CleanedTable, column: ExaminedColumn) -> TableColumn:
    """A column with its first cells, as it is shown to somebody who chooses what it is for."""
    cells = table.rows.frame[column.name].head(FIRST_CELLS)
    shown = tuple(cut((cell or "").strip(), 20) for cell in columns_of.spelled(cells).to_list())
    return TableColumn(column.name, column.role, column.kind, shown, column.missing if table.rows.whole else None)


def samples_of(table: CleanedTable, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that are samples."""
    return frame if table.samples is None else frame[list(table.samples)]
