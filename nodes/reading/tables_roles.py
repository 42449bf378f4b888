"""What a column of a table is for, as its name says: the target, what holds rows together, names of files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nodes.api.schema import Guess
from nodes.api.words import quoted
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_numbers import number

if TYPE_CHECKING:
    import polars as pl

_TARGETS = ("target", "label", "labels", "class", "y", "output", "species", "outcome", "diagnosis", "survived", "price")
_LIKELY = "rating"  # is predicted where nothing is called as a target, but beside such a column it is a feature
_GROUPS = ("patient", "patient_id", "patientid", "subject", "subject_id", "group", "groups", "session", "participant")
_GROUPED = 5  # different groups at least: groups A and B are rather what is compared
_FILE = r"(?i)\.(csv|tsv|npy|npz|mat|wav|flac|txt|dat|bin)$"


def console_roles(names: Sequence[str]) -> dict[str, str]:
    """The roles that a header in the grammar of Sony's Neural Network Console gives: ``x:image``, ``x__0:width``,
    ``y:label``. Empty if it is none."""
    found = [re.fullmatch(r"([a-z])\w*?(__\d+)?(:.*)?", name) for name in names]
    if not all(found) or not any(each[2] or each[3] for each in found if each):
        return {}
    roles = {"x": "feature", "y": "target"}
    made = {name: roles.get(each[1], "ignore") for name, each in zip(names, found) if each}
    return made if {"feature", "target"} <= set(made.values()) else {}


def names_files(column: ExaminedColumn) -> bool:
    """Whether the words of a column are files that are no pictures, such as matrices of numbers."""
    ends = [bool(re.search(_FILE, word)) for word in column.words]
    return bool(ends) and sum(ends) >= 0.8 * len(ends)


def guessed_groups(columns: Sequence[ExaminedColumn], rows: int) -> list[ExaminedColumn]:
    """The columns, one of which may hold rows together that belong to one person."""
    made = []
    for column in columns:
        lower = column.name.lower().replace(" ", "_")
        if lower in _GROUPS and column.role in ("feature", "ignore") and _GROUPED <= column.distinct <= rows / 2:
            choices = (
                ("a group", f"{column.name}=group"),
                ("a feature", f"{column.name}=feature"),
                ("left out", f"{column.name}=ignore"),
            )
            said = f"Rows of the same {quoted(column.name, 40)} are never in two parts."
            column = replace(column, role="group", asks=(Guess("roles", said, choices, f"{column.name}=group"),))
        made.append(column)
    return made


def of_sheets(columns: Sequence[ExaminedColumn], name: str) -> list[ExaminedColumn]:
    """The columns, of which the one with this name says of which sheet a row is. It is left out until somebody says
    what for: a workbook to predict for has other sheets."""
    choices = (
        ("left out", f"{name}=ignore"), ("a feature", f"{name}=feature"), ("what is predicted", f"{name}=target"),
        ("a group", f"{name}=group"),
    )  # fmt: skip
    said = f"{quoted(name, 40)} is the name of the sheet of each row; it is left out."
    ask = Guess("roles", said, choices, choices[0][1])
    return [replace(each, role="ignore", asks=(ask,)) if each.name == name else each for each in columns]


def guessed_target(columns: Sequence[ExaminedColumn]) -> str:
    """The column that is most likely to be predicted; empty if there is none."""
    open_to = [column for column in columns if column.role == "feature" and column.kind != "text"]
    known = [*open_to, *(column for column in columns if column.role == "ignore" and column.distinct > 1)]
    for name in (*_TARGETS, _LIKELY):
        for column in known:
            if column.name.lower().strip() == name and not (column.role == "ignore" and column.kind == "number"):
                return column.name
    if len(open_to) > 3 and all(column.name == f"column {at}" for at, column in enumerate(columns, start=1)):
        first, last = columns[0], columns[-1]  # of the Wine and the UCR archive the class stands first
        few = first.kind == "number" and first.digits and 2 <= first.distinct <= _FEW and not first.missing
        if few and last.kind == "number" and last.distinct > 10 * first.distinct:
            return first.name
    open_to = [column for column in open_to if not column.format] or open_to  # a date is rather known than told
    open_to = [column for column in open_to if not _remarks_of_people(column)] or open_to
    return open_to[-1].name if len(open_to) > 1 or (open_to and len(columns) > 1) else ""


def _remarks_of_people(column: ExaminedColumn) -> bool:
    """Whether a category rather holds what people wrote: most words are there once."""
    once = sum(count == 1 for count in column.counts)
    return column.kind == "category" and len(column.words) > 5 and once > len(column.words) / 2


def rivals(columns: Sequence[ExaminedColumn], chosen: str) -> list[ExaminedColumn]:
    """Other features that are called as targets are: class beside label, y1 beside y2."""
    named = [column for column in columns if column.role in ("feature", "target") and column.kind != "text"]
    alike = [column for column in named if _called_target(column.name)]
    return [column for column in alike if column.name != chosen] if len(alike) > 1 else []


def _called_target(name: str) -> bool:
    plain = name.lower().strip()
    return plain in _TARGETS or bool(re.fullmatch(r"(targets?|labels?|class|y|outputs?)[ _.-]?(\d+|[a-z])", plain))


_FEW = 20  # different whole numbers at most, in a first column without a name that is a class
_CLASSES = ("target", "label", "labels", "class", "y", "species", "outcome", "survived", "diagnosis")
_CLASS_NUMBERS = 1e9  # beyond it, a number means how much, and not which


def is_class(column: ExaminedColumn, frame: pl.DataFrame) -> bool:
    """Whether the numbers of a target are classes: told by how few there are, and by its name. Those with a fraction
    are none."""
    values = frame.select(number(column.name, column.typed, column.steps)).to_series().drop_nulls()
    if not bool(((values == values.floor()) & (values.abs() < _CLASS_NUMBERS)).all()):
        return False
    name = column.name.lower().strip()
    if name.partition(":")[2].strip() == "label":  # y:label, as a header of the Console says
        return column.distinct <= 1000
    named = name in _CLASSES or (name == "column 1" and column.digits)
    return column.distinct == 2 or (named and column.distinct <= min(20, max(2, len(frame) // 5)))
