"""Excel files: formulas without what comes out of them, and sheets that are one table."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.data.table_files import Formula, described, excel, guess_of, loaded, same_by_script


def test_formulas_without_values_are_named_with_a_remedy(tmp_path: Path) -> None:
    """Fails if a column of formulas that nothing has calculated is called empty without a reason, or a column with a
    few of them loses them in silence, or formulas are suspected where cells are just missing."""
    rows = [[n, n % 7 + 0.5, Formula(f"A{n + 2}*B{n + 2}"), n if n % 10 else Formula("1+1")] for n in range(40)]
    path = excel(tmp_path / "bonus.xlsx", {"one": [["n", "much", "total", "some"], *rows]})
    remarks = [each for each in described(path, target="much").remarks if "formula" in each]
    end = "which count as empty. Open bonus.xlsx in Excel or LibreOffice and save it there"
    assert remarks == [
        f"'total' has 40 formulas without a stored value (=A2*B2 in row 2), {end}",
        f"'some' has 4 formulas without a stored value (=1+1 in row 2), {end}",
    ]
    gaps = excel(tmp_path / "gaps.xlsx", {"one": [["n", "much"], *[[n, None if n == 5 else n / 3] for n in range(40)]]})
    assert not any("formula" in each for each in described(gaps).remarks)


def year(first: int, count: int) -> list[list[object]]:
    return [[first + n, ("red", "blue")[n % 2], (first + n) / 4] for n in range(count)]


@pytest.mark.parametrize("titled", [False, True])
def test_sheets_with_the_same_columns_are_one_table_if_asked(tmp_path: Path, titled: bool) -> None:
    """Fails if sheets 2023 and 2024 cannot be joined, a header becomes a row, a sheet with other columns is taken in,
    rows slip, or a program of its own reads others."""
    head: list[list[object]] = [["size", "colour", "price"]]
    title: list[list[object]] = [["Sales of 2024", None, None], [None, None, None]] if titled else []
    path = excel(
        tmp_path / "sales.xlsx",
        {
            "2023": [*head, *year(0, 30)],
            "notes": [["size", "hint"], [1, "a"], [2, "b"]],
            "2024": [*title, *head, *year(100, 25)],
        },
    )
    alone = described(path)
    assert alone.samples == 30
    asked = guess_of(alone, "sheet")
    assert asked.sentence == "The sheet '2023' is read, of 3; '2024' has the same columns."
    assert asked.choices[0] == ("both together", "*")
    both = described(path, sheet="*")
    assert both.samples == 55
    assert guess_of(both, "sheet").sentence == (
        "The 2 sheets with the same columns are read as one table, each row with the name of its sheet."
    )
    feed = loaded(path, sheet="*")
    read = feed.at(torch.arange(55), None, ["features", "target"])
    assert read["features"][:, 0].tolist() == [*map(float, range(30)), *map(float, range(100, 125))]
    assert read["target"][:, 0].tolist() == [n / 4 for n in (*range(30), *range(100, 125))]
    same_by_script(path, sheet="*")
    same_by_script(path, sheet="2024")
    assert described(path, sheet="2024").samples == 25


def test_the_names_of_joined_sheets_are_a_column(tmp_path: Path) -> None:
    """Fails if what only the names of sheets say, such as the class of their rows, is lost when they are joined, goes
    to the rows of another sheet, counts as a feature unasked, or hides a column that is called so."""
    head: list[list[object]] = [["sheet", "width", "length"]]
    units: list[list[object]] = [["no", "cm", "cm"]]

    def flowers(first: int, count: int) -> list[list[object]]:
        return [[n % 3, first + n / 7, first - n / 9] for n in range(count)]

    path = excel(
        tmp_path / "iris.xlsx",
        {
            "setosa": [*head, *units, *flowers(5, 20), *head, *flowers(6, 4)],
            "virginica": [["measured in May", None, None], *head, *flowers(9, 17)],
        },
    )
    plain = described(path, sheet="*")
    assert [(each.name, each.role) for each in plain.columns][-1] == ("sheet (2)", "ignore")
    assert plain.aims == ("length",)
    asked = next(each for each in plain.guesses if "the name of the sheet" in each.sentence)
    assert asked.sentence == "'sheet (2)' is the name of the sheet of each row; it is left out."
    told = dict(asked.choices)["what is predicted"]
    found = described(path, sheet="*", roles=told)
    assert found.aims == ("sheet (2)",)
    assert found.fields["target"].classes == ("setosa", "virginica")
    feed = loaded(path, sheet="*", roles=told)
    assert feed.at(torch.arange(41), None, ["target"])["target"].tolist() == [0] * 24 + [1] * 17
    same_by_script(path, sheet="*", roles=told)
    assert "sheet (2)" not in [each.name for each in described(path).columns]


def test_a_sheet_without_another_of_its_columns_is_said_to_be_alone(tmp_path: Path) -> None:
    """Fails if a book that has changed since all sheets were asked for is told as "the 1 sheets"."""
    sheets = {"one": [["size", "price"], *year(0, 30)], "two": [["hint", "x"], [1, 2], [3, 4]]}
    path = excel(tmp_path / "a.xlsx", sheets)
    said = guess_of(described(path, sheet="*"), "sheet").sentence
    assert said == "The sheet 'one' is read alone, of 2: no other has the same columns."
