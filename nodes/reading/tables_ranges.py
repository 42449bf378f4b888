"""What every row of a table holds: the range of its numbers and how often each word stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nodes.reading.tables import Asked, understood
from nodes.reading.tables_feed import full_frame
from nodes.reading.tables_frame import Reading
from nodes.reading.tables_values import value_frame

MOST_WORDS = 1000  # of one column that are counted one by one


@dataclass(frozen=True, slots=True)
class Range:
    """One column. ``low``, ``high``, ``mean`` and ``spread`` (the standard deviation) are None where it holds words;
    ``counts`` are those of its words, the most frequent MOST_WORDS of ``distinct``; ``missing`` counts its gaps."""

    missing: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    spread: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    distinct: int = 0


def ranges_of(path: Path | str, how: Reading | None = None, asked: Asked | None = None) -> dict[str, Range]:
    """The ranges of all columns by name, measured on every row.

    Raises:
        NoData: if the table cannot be used.
    """
    import polars as pl

    table = understood(str(path), how or Reading(), asked or Asked())
    read = full_frame(table)
    frame = read.frame
    columns = [column for column in table.columns if column.kind != "text"]
    numbers = [column for column in columns if column.kind == "number" or column.format]
    values = value_frame(frame, numbers, read.sure) if numbers else pl.DataFrame()
    # One pass over all columns of numbers, each in its own thread.
    measures = {
        "missing": pl.all().null_count(),
        "low": pl.all().min(),
        "high": pl.all().max(),
        "mean": pl.all().mean(),
        "spread": pl.all().std(),
    }
    measured = values.lazy().select(each.name.suffix(f"\0{key}") for key, each in measures.items()).collect()
    found: dict[str, Range] = {}
    for column in columns:
        if column in numbers:
            row = {key: measured[f"{column.name}\0{key}"][0] for key in measures}
            found[column.name] = Range(**row)
            continue
        words = value_frame(frame, (column,)).to_series()
        counts = words.drop_nulls().value_counts().cast({column.name: pl.String})
        counts = counts.sort(["count", column.name], descending=[True, False])
        most = counts.head(MOST_WORDS)
        found[column.name] = Range(words.null_count(), counts=dict(most.rows()), distinct=len(counts))
    return found
