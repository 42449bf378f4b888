"""Numbers that name something: cards, accounts, phones. They are asked about, and are no amounts."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from app.data.understanding import sentence_of
from tests.data.table_files import described, guess_of, loaded, same_by_script, write

ROWS = 120


def column(name: str, cells: list[object], path: Path) -> Path:
    """A table with this column, a number that changes and a price."""
    lines = [f"{cell},{at % 7 + 0.5},{at * 0.5}" for at, cell in enumerate(cells)]
    return write(path, f"{name},size,price\n" + "\n".join(lines) + "\n")


def long(digits: int, many: int = ROWS) -> list[object]:
    chosen = random.Random(digits)
    known = [chosen.randint(10 ** (digits - 1), 10**digits - 1) for _ in range(many)]
    return [known[at % many] for at in range(ROWS)]


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("number", long(16), "text"),  # of cards
        ("number", long(16, 3), "category"),
        ("account", long(12), "text"),
        ("phone", long(10), "text"),
        ("Telephone", long(7), "text"),
        ("card_number", long(6), "text"),
        ("accountNumber", long(8, 4), "category"),
        ("ean", long(13), "text"),
        ("revenue", long(9), "number"),  # an amount as well as a code: it is asked
        ("people", long(11), "number"),
    ],
)
def test_long_numbers_are_asked_about(tmp_path: Path, name: str, cells: list[object], kind: str) -> None:
    """Fails if a card's number is taken for an amount in silence, or what was chosen for it has no effect."""
    path = column(name, cells, tmp_path / "a.csv")
    asked = guess_of(described(path), "kinds", f"'{name}'")
    assert asked.chosen == (f"{name}={kind}",)
    assert [value for _, value in asked.choices] == [(f"{name}={each}",) for each in ("number", "category", "text")]
    widths = {"number": 2, "category": 1 + len(set(cells)), "text": 1}
    for _, value in asked.choices:
        told = value[0].rpartition("=")[2]
        assert loaded(path, kinds=value).fields["features"].shape == (ROWS, widths[told])
    same_by_script(path)
    same_by_script(path, kinds=asked.choices[0][1])


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("people", [10 ** (3 + at % 8) + at for at in range(ROWS)]),  # of different lengths
        ("mass", [f"{at}e15" for at in range(1, ROWS + 1)]),
        ("change", [-(10**10) + 7 * at for at in range(ROWS)]),
        ("telegrams", [at % 40 for at in range(ROWS)]),
        ("size_number_of_rooms", [at % 40 for at in range(ROWS)]),
    ],
)
def test_amounts_are_not_asked_about(tmp_path: Path, name: str, cells: list[object]) -> None:
    """Fails if what counts something is asked about as if it named something."""
    schema = described(column(name, cells, tmp_path / "a.csv"))
    assert not [guess for guess in schema.guesses if guess.setting in ("kinds", "roles")]
    assert schema.fields["features"].names == (name, "size")


@pytest.mark.parametrize("begin", ["+49 171 ", "0171 ", "030 123 "])
def test_numbers_of_phones_with_blanks(tmp_path: Path, begin: str) -> None:
    """Fails if the blanks of a phone's number are read as marks of thousands, and its zero is lost."""
    cells: list[object] = [f"{begin}{100 + at}" for at in range(ROWS)]
    schema = described(column("call", cells, tmp_path / "a.csv"))
    assert guess_of(schema, "roles", "'call'").chosen == ("call=ignore",)
    assert schema.fields["features"].names == ("size",)


def test_numbers_of_a_parquet_file_keep_all_their_digits(tmp_path: Path) -> None:
    """Fails if 16 digits that are whole numbers in the file become words such as 4.1e15."""
    known = [4_111_111_111_111_111, 4_222_222_222_222_222, 5_333_333_333_333_333]
    path = tmp_path / "a.parquet"
    pl.DataFrame(
        {"card": [known[at % 3] for at in range(60)], "size": range(60), "y": [0.5 * at for at in range(60)]}
    ).write_parquet(path)
    schema = described(path)
    assert guess_of(schema, "kinds", "'card'").chosen == ("card=category",)
    assert schema.fields["features"].names[:3] == tuple(f"card: {each}" for each in known)


def test_a_code_may_be_what_is_predicted(tmp_path: Path) -> None:
    """Fails if a target of few long numbers is no class, or one of many is kept from being a number."""
    path = column("number", long(16, 3), tmp_path / "a.csv")
    assert len(described(path, target="number").fields["target"].words) == 3
    many = column("number", long(16), tmp_path / "b.csv")
    assert not described(many, target="number", kinds=("number=number",)).fields["target"].classes


def test_the_first_sentence_says_rows_columns_and_target(tmp_path: Path) -> None:
    """Fails if somebody has to search for what is predicted, or for how many columns there are."""
    path = column("size2", [at % 40 for at in range(ROWS)], tmp_path / "a.csv")
    said = sentence_of(described(path))
    assert said.startswith("120 rows, 3 columns; the target is price (a number).")
    said = sentence_of(described(path, target="size2, price"))
    assert said.startswith("120 rows, 3 columns; the targets are size2, price (numbers).")
    said = sentence_of(described(path, target="size", kinds=("size=category",)))
    assert said.startswith("120 rows, 3 columns; the target is size (7 classes).")
    assert sentence_of(described(path, target="none")).startswith("120 rows, 3 columns.")
