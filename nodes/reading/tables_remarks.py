"""What is odd about a table, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nodes.api.schema import Guess
from nodes.api.words import cut, listed, quoted
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_values import value_frame

if TYPE_CHECKING:
    import polars as pl

FEW = 4  # columns that are named one by one
_GIVES_AWAY = " alone tells "
MISSING = ("auto", "mean", "most frequent", "own category", "leave the row out")


def missing_said(columns: Sequence[ExaminedColumn], frame: pl.DataFrame, missing: str, train: bool) -> list[str]:
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


def missing_guess(missing: str) -> Guess:
    labels = {"auto": "mean, or own category", "mean": "mean", "most frequent": "most frequent",
              "own category": "own category", "leave the row out": "leave the row out"}  # fmt: skip
    return Guess(
        "missing", "Cells are missing among the features.", tuple((labels[each], each) for each in MISSING), missing
    )


_OF_MANY = (
    (" has one value in all rows, so it tells nothing", "have one value in all rows, so they tell nothing"),
    (" is empty", "are empty"),
)


def gathered(remarks: Sequence[str]) -> tuple[str, ...]:
    """Remarks with those that say the same of more than FEW columns as one."""
    made = list(remarks)
    for one, many in _OF_MANY:
        alike = [said for said in made if said.endswith(one)]
        if len(alike) > FEW:
            names = listed([said.removesuffix(one).removeprefix("The column ") for said in alike], most=FEW)
            made[made.index(alike[0])] = f"{len(alike):,} columns {many}: {names}"
            made = [said for said in made if not said.endswith(one)]
    alike = [said for said in made if _GIVES_AWAY in said]
    if len(alike) > FEW:
        names = listed([said.partition(_GIVES_AWAY)[0] for said in alike], most=FEW)
        target = alike[0].partition(_GIVES_AWAY)[2].partition(";")[0]
        made[made.index(alike[0])] = f"{len(alike):,} columns each tell {target}: {names}; are they known beforehand?"
        made = [said for said in made if _GIVES_AWAY not in said]
    return tuple(made)


def oddities(
    columns: Sequence[ExaminedColumn], targets: Sequence[ExaminedColumn], classes: tuple[str, ...], frame: pl.DataFrame
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
            pair = pl.DataFrame([values.get_column(column.name), values.get_column(target.name)]).drop_nulls()
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
