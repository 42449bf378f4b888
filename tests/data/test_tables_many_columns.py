"""A table of very many columns is looked at all at once, and says the same as each of its columns alone."""

from __future__ import annotations

import random
from collections.abc import Callable

import polars as pl
import pytest

from nodes.reading import tables_columns
from nodes.reading.tables_columns import cleaned, looked_into
from nodes.reading.tables_examined import ExaminedColumn

KINDS: tuple[Callable[[random.Random], str], ...] = (
    lambda draw: str(draw.randint(0, 9)),
    lambda draw: f"{draw.gauss(0, 1):.4f}",
    lambda draw: draw.choice("abc"),
    lambda draw: f"0{draw.randint(10, 99)}",
    lambda draw: f"+{draw.randint(10**7, 10**8)}",
    lambda draw: draw.choice(("1,234", "2,345", "12")),
    lambda draw: f"2020-01-{draw.randint(1, 28):02}",
    lambda draw: draw.choice(("1e39", "1", "2")),
    lambda draw: draw.choice(("inf", "NAN", "2")),
    lambda draw: "7",
    lambda draw: draw.choice(("1.0", "1", "2")),
    lambda draw: " 3 ",
)
NAMES = ("zip", "user_id", "x", "age", "column 1", "Id")


def some_table(seed: int) -> pl.DataFrame:
    draw = random.Random(seed)
    rows = draw.choice((1, 3, 10, 25, 60))
    columns = {}
    for number in range(12):
        name = f"{draw.choice(NAMES)}{draw.choice(('', f' {number}'))}"
        usual, other = draw.choice(KINDS), draw.choice(KINDS)
        strange, gaps = draw.choice((0, 0, 0.05)), draw.choice((0, 0, 0.2, 1))
        cells = [(other if draw.random() < strange else usual)(draw) for _ in range(rows)]
        if draw.random() < 0.2:
            cells = [str(row) for row in range(rows)]
        column = pl.Series(name, [None if draw.random() < gaps else cell for cell in cells], dtype=pl.String)
        typed = draw.choice((pl.String, pl.String, pl.Float64, pl.Int64))
        columns[name] = column.cast(typed, strict=False)
    return cleaned(pl.DataFrame(list(columns.values())))


@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_columns_are_the_same_alone_and_among_many(seed: int, comma: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a column among many gets another kind, role, count or question than one that is looked at alone."""
    frame = some_table(seed)

    def found() -> list[ExaminedColumn]:
        return looked_into(frame, comma, {"x": "category"}, lambda row: row + 1)

    together = found()
    monkeypatch.setattr(tables_columns, "plain_columns", lambda frame: {})
    assert [vars(each) for each in together] == [vars(each) for each in found()]


def test_a_thousand_columns_of_numbers_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if each column of numbers is looked at alone, which takes seconds for a table of thousands."""
    draw = random.Random(0)
    frame = pl.DataFrame({f"gene {number}": [f"{draw.gauss(0, 1):.3f}" for _ in range(30)] for number in range(1_000)})
    asked: list[str] = []
    monkeypatch.setattr(tables_columns, "_column", lambda series, *_, **__: asked.append(series.name))
    columns = looked_into(cleaned(frame), False, {}, lambda row: row)
    assert {(each.kind, each.role, each.distinct > 20) for each in columns} == {("number", "feature", True)}
    assert not asked
