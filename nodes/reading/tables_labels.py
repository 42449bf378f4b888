"""Columns of a table that are 0 or 1 and predicted together: each is a label that a row has or has not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nodes.api.schema import Guess
from nodes.api.words import listed, quoted
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_numbers import number

if TYPE_CHECKING:
    import polars as pl

_NAMED = r"(?i)(targets?|labels?|class|tags?|y|outputs?)[ _.:-]?(\d+|(?<=[ _.:-]).+)"
_SHOWN = 3


def guessed_labels(columns: Sequence[ExaminedColumn]) -> tuple[str, ...]:
    """The columns that are called label_… or the like and are 0 or 1, as far as their numbers tell; none if there are
    fewer than two, or nothing else is left to read."""
    usable = [column for column in columns if column.role in ("feature", "target")]
    found = [column for column in usable if re.fullmatch(_NAMED, column.name.strip()) and _may_be(column)]
    return tuple(column.name for column in found) if 1 < len(found) < len(usable) else ()


def last_labels(columns: Sequence[ExaminedColumn]) -> tuple[str, ...]:
    """The columns at the end of a table that may be labels, where those before them are others; such can be offered,
    but may as well be features."""
    usable = [column for column in columns if column.role in ("feature", "target")]
    found: list[str] = []
    while usable and _may_be(usable[-1]):
        found.insert(0, usable.pop().name)
    return tuple(found) if len(found) > 1 and usable else ()


def _may_be(column: ExaminedColumn) -> bool:
    whole = column.kind == "number" and column.digits and column.distinct == 2
    return whole and column.mean is not None and 0 < column.mean < 1


def as_labels(
    targets: Sequence[ExaminedColumn], kinds: Sequence[str], frame: pl.DataFrame
) -> tuple[tuple[ExaminedColumn, ...], list[Guess]]:
    """The targets, as labels if there are several that are 0 or 1 and nobody has said that they are numbers.

    Args:
        kinds: what was said of columns, as the setting has it.
    """
    if len(targets) < 2 or not all(column.kind == "number" and _is_label(column, frame) for column in targets):
        return tuple(targets), []
    names = {column.name for column in targets}
    others = tuple(each for each in kinds if each.rpartition("=")[0] not in names)
    as_numbers = (*others, *(f"{column.name}=number" for column in targets))
    numbers = any(each.rpartition("=")[0] in names and each.endswith("=number") for each in kinds)
    shown = listed([quoted(column.name, 40) for column in targets], most=_SHOWN)
    said = f"{shown} are 0 or 1, and are read as {'numbers' if numbers else 'yes or no each'}."
    choices = (("yes or no each", others), ("numbers", as_numbers))
    guess = Guess("kinds", said, choices, as_numbers if numbers else others)
    return tuple(replace(column, label=not numbers) for column in targets), [guess]


def _is_label(column: ExaminedColumn, frame: pl.DataFrame) -> bool:
    values = frame.select(number(column.name, column.typed, column.steps)).to_series().drop_nulls()
    return len(values) > 0 and bool(((values == 0) | (values == 1)).all())
