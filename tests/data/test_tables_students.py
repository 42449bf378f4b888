"""Tables as students bring them: exports of forms, spreadsheets and stations, with what people write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from app.cli.main import run
from app.data.understanding import understand
from nodes.api import Schema
from nodes.reading.tables_dates import FORMS, moment_of
from nodes.reading.tables_days import as_date, date_names, days_of
from tests.data.table_files import described, guess_of, loaded, same_by_script, write

ROWS = 40


def of(path: Path, head: str, *columns: Sequence[object], above: str = "", below: str = "", mark: str = ",") -> Path:
    rows = "".join(mark.join(map(str, row)) + "\n" for row in zip(*columns, strict=True))
    return write(path, f"{above}{head}\n{rows}{below}")


def kinds(schema: Schema) -> dict[str, tuple[str, str]]:
    return {column.name: (column.role, column.kind) for column in schema.columns}


NUMBERS = [7 * n % 23 for n in range(ROWS)]
WORDS = ["pass" if n % 3 else "fail" for n in range(ROWS)]


def test_an_export_of_google_forms(tmp_path: Path) -> None:
    """Fails if the times of a form are texts, a remark in words is what is predicted, or boxes that were ticked
    together are one word without a hint; or if no training runs."""
    times = [f"2024/01/{1 + n % 28:02} {1 + n % 12}:{n:02}:09 {'AP'[n % 2]}M GMT+{1 + n % 2}" for n in range(ROWS)]
    boxes = [("Instagram;TikTok", "YouTube", "TikTok;YouTube", "None of these")[n % 4] for n in range(ROWS)]
    again = [("Yes", "No", "Maybe")[n * n % 3] for n in range(ROWS)]
    said = [f"I like the library but the chairs are too hard {n}" if n % 3 == 0 else "no" for n in range(ROWS)]
    head = "Timestamp,Which networks do you use once a week? (Select all),Would you recommend us?,Any comments?"
    path = of(tmp_path / "form.csv", head, times, boxes, again, said)
    found = next(understand(path))
    assert found.layer.id == "Table"
    assert found.schema is not None
    assert found.schema.aims == ("Would you recommend us?",)
    assert kinds(found.schema)["Timestamp"] == ("feature", "date")
    assert any("has several answers in a cell, with ; between them" in each for each in found.schema.remarks)
    days = loaded(path).fields["features"][:, 0].tolist()
    first = datetime(2024, 1, 1, 1, 0, 9) - datetime(1970, 1, 1)
    assert days[0] == pytest.approx(first.total_seconds() / 86_400, abs=1 / 500)
    assert moment_of("2024/01/01 12:05:09 AM GMT+1", FORMS) == datetime(2024, 1, 1, 0, 5, 9)
    assert moment_of("1/8/2024 5:34 PM", "%m/%d/%Y %I:%M %p") == datetime(2024, 1, 8, 17, 34)
    same_by_script(path)
    drawing = tmp_path / "form.netloom"
    assert run(["start", str(path), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--epochs", "1", "--out", str(tmp_path / "run")]) == 0


def test_times_with_am_and_pm(tmp_path: Path) -> None:
    """Fails if 1/13/2024 5:30 PM is a word of a text, or is read in the morning."""
    times = [f"1/{1 + n % 28}/2024 {1 + n % 12}:{n:02} {'AP'[n % 2]}M" for n in range(ROWS)]
    path = of(tmp_path / "a.csv", "Timestamp,Score,y", times, [f"{n % 10} / 10" for n in range(ROWS)], NUMBERS)
    found = next(understand(path))
    assert found.layer.id == "Table"
    assert found.schema is not None
    assert kinds(found.schema)["Timestamp"] == ("feature", "date, month first")
    assert kinds(found.schema)["Score"] == ("feature", "number")
    features = loaded(path).fields["features"]
    assert features[:, 1].tolist() == [n % 10 for n in range(ROWS)]
    second = datetime(2024, 1, 2, 14, 1) - datetime(1970, 1, 1)
    assert features[1, 0].item() == pytest.approx(second.total_seconds() / 86_400, abs=1 / 500)
    same_by_script(path)


def test_rows_that_sum_up_the_others_are_left_out(tmp_path: Path) -> None:
    """Fails if Total is a sample, makes words of the months above it, or takes a row with it that is one."""
    months = [f"2020-{1 + n % 12:02}" for n in range(ROWS)]
    below = f",,\nAverage,{sum(NUMBERS) / ROWS},1\nTotal:,{sum(NUMBERS)},9\n"
    path = of(tmp_path / "a.csv", "month,units,sales", months, NUMBERS, range(ROWS), below=below)
    found = described(path)
    assert found.samples == ROWS
    assert kinds(found)["month"] == ("feature", "date")
    reasons = {each.name: each.reason for each in found.skipped}
    assert reasons == {
        "row 42": "It is empty.",
        "row 43": "It sums up the rows above (Average).",
        "row 44": "It sums up the rows above (Total:).",
    }
    same_by_script(path)
    levels = ["total" if n % 2 else "part" for n in range(ROWS)]
    assert described(of(tmp_path / "b.csv", "level,units,sales", levels, NUMBERS, range(ROWS))).samples == ROWS


def test_a_title_that_is_padded_with_separators(tmp_path: Path) -> None:
    """Fails if the title of a sheet that was saved as CSV is a row and the names of the columns another one."""
    above = "School garden 2024,,\nClass 8b,,\n"
    path = of(tmp_path / "a.csv", "height_cm,light_h,healthy", NUMBERS, range(ROWS), WORDS, above=above)
    found = described(path)
    assert list(kinds(found)) == ["height_cm", "light_h", "healthy"]
    assert found.samples == ROWS
    assert "2 rows above the header are left out" in found.remarks
    same_by_script(path)
    sparse = [("a", "", ""), ("b", "", "2"), ("", "1", "")] * 10
    rows = [list(column) for column in zip(*sparse)]
    assert described(of(tmp_path / "b.csv", "one,two,three", *rows), target="none").remarks[:1] != (
        "A row above the header is left out",
    )


def test_yes_true_and_1_are_one_word(tmp_path: Path) -> None:
    """Fails if a column in which people wrote Yes, TRUE, y and 1 has as many categories, if that cannot be undone, or
    if 1 and 2 become yes and something else."""
    mixed = [("Yes", "No", "TRUE", "0", "y", "FALSE")[n % 6] for n in range(ROWS)]
    path = of(tmp_path / "a.csv", "smoker,age,ill", mixed, NUMBERS, WORDS)
    names = described(path).fields["features"].names
    assert len([name for name in names if name.startswith("smoker")]) == 2
    values = loaded(path).fields["features"]
    yes = next(at for at, name in enumerate(names) if name in ("smoker: Yes", "smoker: TRUE", "smoker: y"))
    assert values[:, yes].tolist() == [float(word in ("Yes", "TRUE", "y")) for word in mixed]
    same_by_script(path)
    apart = described(path, spelling="as written").fields["features"].names
    assert len([name for name in apart if name.startswith("smoker")]) == 6
    sizes = of(tmp_path / "b.csv", "size,age,ill", [("1", "2", "no")[n % 3] for n in range(ROWS)], NUMBERS, WORDS)
    assert "size: 1" in described(sizes, kinds=("size=category",)).fields["features"].names


def test_ticks_are_a_feature(tmp_path: Path) -> None:
    """Fails if a column of x and nothing is left out because it has one value."""
    ticks = ["x" if n % 3 == 0 else "" for n in range(ROWS)]
    path = of(tmp_path / "a.csv", "swims,age,club", ticks, NUMBERS, WORDS)
    found = described(path)
    assert kinds(found)["swims"] == ("feature", "category")
    assert "'swims' is ticked ('x') or empty, which is a category, too" in found.remarks
    at = found.fields["features"].names.index("swims: x")
    assert loaded(path).fields["features"][:, at].tolist() == [float(n % 3 == 0) for n in range(ROWS)]
    same_by_script(path)
    whole = of(tmp_path / "b.csv", "swims,age,club", ["x"] * ROWS, NUMBERS, WORDS)
    assert kinds(described(whole))["swims"][0] == "ignore"


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (['"USD 1,250"', '"USD 800"', '"USD 12,345"', "USD 5"], [1250, 800, 12_345, 5]),
        (["250 EUR", "99.5 EUR", "7 EUR", "8 EUR"], [250, 99.5, 7, 8]),
        (["575K", "5.3M", "12", "1B"], [575_000, 5_300_000, 12, 1e9]),
        (["7 / 10", "10 / 10", "0 / 10", "6 / 10"], [7, 10, 0, 6]),
        (["3/10", "9/10", "1/10", "5/10"], [3, 9, 1, 5]),
    ],
)
def test_amounts_as_people_write_them(tmp_path: Path, cells: list[str], values: list[float]) -> None:
    """Fails if amounts with the code of a currency, a K or an M, or the points of a quiz are words, so that each is a
    class of its own."""
    path = of(tmp_path / "a.csv", "age,amount", NUMBERS, cells * (ROWS // 4))
    assert kinds(described(path))["amount"] == ("target", "number")
    read = loaded(path).fields["target"][:, 0].tolist()
    assert read == pytest.approx(values * (ROWS // 4))
    same_by_script(path)


def test_scales_in_words_are_asked_about(tmp_path: Path) -> None:
    """Fails if nobody hears that Low, Medium and High can be read with their order."""
    stress = [("Low", "Medium", "High")[n % 3] for n in range(ROWS)]
    path = of(tmp_path / "a.csv", "stress,hours", stress, NUMBERS)
    asked = guess_of(described(path), "kinds", "stress")
    assert asked.sentence == "'stress' has words with an order (Low, Medium, High) and is read as a category."
    chosen = dict(asked.choices)["ordered category"]
    assert loaded(path, kinds=chosen).fields["features"][:3, 0].tolist() == [0, 1, 2]


def test_two_groups_are_no_groups_to_keep_together(tmp_path: Path) -> None:
    """Fails if Group A and Group B, which are compared, are kept together, so that one of them is all of the
    validation."""
    path = of(tmp_path / "a.csv", "score,Group", NUMBERS, ["AB"[n % 2] for n in range(ROWS)])
    assert described(path).aims == ("Group",)
    many = of(tmp_path / "b.csv", "score,Group,y", NUMBERS, [f"g{n % 8}" for n in range(ROWS)], range(ROWS))
    assert kinds(described(many))["Group"][0] == "group"


def test_missing_codes_of_a_target_are_asked_about(tmp_path: Path) -> None:
    """Fails if -999 among what is predicted is learned without a word."""
    rain = [-999 if n % 9 == 0 else n / 10 for n in range(ROWS)]
    path = of(tmp_path / "a.csv", "temp,rain", NUMBERS, rain)
    asked = guess_of(described(path), "kinds", "-999")
    chosen = dict(asked.choices)["-999 is missing"]
    assert described(path, kinds=chosen).samples == ROWS - sum(each == -999 for each in rain)


@pytest.mark.parametrize(("worth", "first"), [(3600, "{}:{:02}:09"), (60, "{}:{:02}")])
def test_durations_of_more_than_a_day(tmp_path: Path, worth: int, first: str) -> None:
    """Fails if 30:00:34 or 130:47 are words that are left out, because no day has such a time."""
    cells = [first.format(7 * n % 131, n % 60) for n in range(ROWS)]
    seconds = [7 * n % 131 * worth + n % 60 * (60 if worth == 3600 else 1) + 9 * (worth == 3600) for n in range(ROWS)]
    path = of(tmp_path / "a.csv", "duration,km", cells, NUMBERS)
    found = described(path)
    assert kinds(found)["duration"] == ("feature", "date")
    days = loaded(path).fields["features"][:, 0].tolist()
    assert days == pytest.approx([each / 86_400 for each in seconds], rel=1e-6)
    same_by_script(path)
    format = date_names(found.settled)["duration"]
    assert [as_date(each, format) for each in days] == [cell.rjust(5, "0") for cell in cells]
    assert days_of(cells[5], format) == pytest.approx(days[5], rel=1e-6)
    assert days_of("3:77", format) is None


def test_a_header_of_two_rows(tmp_path: Path) -> None:
    """Fails if the cells of a header that were merged leave columns without a name, or its second row is a sample."""
    people = [f"Student {n}" for n in range(ROWS)]
    path = of(tmp_path / "a.csv", ",Math,,English,\nname,one,two,one,two", people, *[NUMBERS] * 3, range(ROWS))
    found = described(path)
    assert list(kinds(found)) == ["name", "Math: one", "Math: two", "English: one", "English: two"]
    assert found.samples == ROWS
    assert [(each.name, each.reason) for each in found.skipped] == [("row 2", "It is the second row of the header.")]
    assert "The header has two rows: each column is called by both" in found.remarks
    same_by_script(path)
    units = of(tmp_path / "b.csv", "time,,speed\ns,x,m/s", NUMBERS, WORDS, range(ROWS))
    assert next(iter(kinds(described(units)))) == "time"


def test_a_number_that_names_something_again_is_asked_about(tmp_path: Path) -> None:
    """Fails if customer 12 is six times customer 2 without a word, or they cannot be kept together."""
    customers = [n * 5 % 12 for n in range(ROWS)]
    path = of(tmp_path / "a.csv", "customer_id,amount,returned", customers, NUMBERS, WORDS)
    asked = guess_of(described(path), "roles", "customer_id")
    assert asked.sentence == (
        "'customer_id' is called as numbers are that name something, 12 in 40 rows; it is a feature, a number."
    )
    assert described(path, roles=dict(asked.choices)["a group"]).groups == "customer_id"
