"""Time series: windows of the rows of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from app.data.joined import JoinedFeed
from app.data.source_looks import schema_of
from app.data.splits import divide
from app.data.understanding import candidates
from nodes.api import NoData
from tests.data.table_files import described, loaded, table, write

SERIES = "day,a,b,w\n" + "".join(f"2024-01-{at + 1:02d},{at * 1.5},{at % 3},{'ab'[at % 2]}\n" for at in range(28))


def test_windows_of_a_series_are_cut_in_the_order_of_time(tmp_path: Path) -> None:
    """Fails if a window, what comes next, or the order of rows is wrong, or the samples may be shuffled apart."""
    lines = SERIES.splitlines(keepends=True)
    path = write(tmp_path / "a.csv", "".join([lines[0], *reversed(lines[1:])]))
    schema = described(path, "TimeSeries", window=5, horizon=2, step=3, target="a")
    assert schema.ordered
    assert schema.samples == (28 - 5 - 2) // 3 + 1
    assert schema.fields["input"].names == ("a", "b", "w: a", "w: b")
    assert any("sorted by it" in remark for remark in schema.remarks)
    feed = loaded(path, "TimeSeries", window=5, horizon=2, step=3, target="a")
    values = feed.at(torch.tensor([0, 2]), None, ["input", "target"])
    assert values["input"].shape == (2, 5, 4)
    assert values["input"][1, :, 0].tolist() == [9.0, 10.5, 12.0, 13.5, 15.0]
    assert values["target"][1].tolist() == [16.5, 18.0]
    assert feed.name_of(0) == "rows 29 to 25"
    for settings in ({"target": "a"}, {"target": "a, b", "horizon": 3, "window": 4, "step": 2}, {"inputs": "b"}):
        series_by_script(path, **settings)


def test_gaps_in_a_series_are_said_and_filled_from_before(tmp_path: Path) -> None:
    """Fails if a missing day goes without a word, or a gap is filled with what comes later."""
    lines = SERIES.splitlines(keepends=True)
    lines[6] = "2024-01-06,,0,a\n"
    del lines[12]
    path = write(tmp_path / "a.csv", "".join(lines))
    said = " | ".join(described(path, "TimeSeries", window=4, target="b").remarks)
    assert "'day' has a gap (the first behind row 12)" in said
    assert "take the last value before them" in said
    feed = loaded(path, "TimeSeries", window=8, target="b")
    assert feed.at(torch.tensor([0]), None, ["input"])["input"][0, 5, 0] == 6.0
    series_by_script(path, window=8, target="b")
    series_by_script(path, window=8, target="b", gaps="leave the row out")


def test_what_is_missing_at_the_begin_is_never_filled_from_later(tmp_path: Path) -> None:
    """Fails if the first rows take a value that nobody knew at that time, or are left out without a word."""
    lines = SERIES.splitlines(keepends=True)
    lines[1:4] = ["2024-01-01,,0,a\n", "2024-01-02,,1,\n", "2024-01-03,3.0,2,\n"]
    path = write(tmp_path / "a.csv", "".join(lines))
    schema = described(path, "TimeSeries", window=4, target="b", inputs="a")
    assert any("The first 2 rows have no value of 'a' yet" in remark for remark in schema.remarks)
    feed = loaded(path, "TimeSeries", window=4, target="b", inputs="a")
    assert feed.length == schema.samples == 28 - 2 - 4
    assert feed.at(torch.tensor([0]), None, ["input"])["input"][0, :, 0].tolist() == [3.0, 4.5, 6.0, 7.5]
    series_by_script(path, window=4, target="b", inputs="a")


@pytest.mark.parametrize(("window", "horizon", "step"), [(5, 2, 1), (5, 2, 3), (1, 1, 1), (2, 1, 7)])
def test_no_row_is_in_windows_of_two_parts(tmp_path: Path, window: int, horizon: int, step: int) -> None:
    """Fails if a window of the training holds a row that one of the validation or test holds, too, or if more windows
    are left out than that takes."""
    text = "day,a\n" + "".join(f"{at},{at * 0.5}\n" for at in range(120))
    path = write(tmp_path / "a.csv", text)
    settings = {"window": window, "horizon": horizon, "step": step, "target": "a", "inputs": "a", "time": "none"}
    feed = loaded(path, "TimeSeries", **settings)
    joined = JoinedFeed({"series": replaced(feed, described(path, "TimeSeries", **settings))}, {})
    count = feed.length or 0
    parts = divide(count, 0.2, 0.15, 0, ordered=joined.ordered, overlap=joined.overlap)
    rows = []
    for part in parts:
        values = feed.at(part, None, ["input", "target"])
        rows.append({float(each) for each in torch.cat([values["input"].flatten(), values["target"].flatten()])})
    assert not rows[0] & rows[1]
    assert not rows[1] & rows[2]
    assert max(parts[0]) < min(parts[1]) <= max(parts[1]) < min(parts[2])
    assert len(parts[1]) == round(0.2 * count)
    assert len(parts[2]) == round(0.15 * count)
    lost = 0 if step >= window + horizon else -(-(window + horizon) // step) - 1
    assert sum(map(len, parts)) == count - 2 * lost


def replaced(feed: Any, schema: Any) -> Any:
    feed.schema = schema
    return feed


def series_by_script(path: Path, **settings: Any) -> None:
    from app.data import printed_functions
    from tests.data.table_files import plan

    source = plan(path, "TimeSeries", **settings)
    feed = loaded(path, "TimeSeries", **settings)
    script, _ = printed_functions.script_of(source)
    names: dict[str, Any] = {}
    exec("\n".join(["import torch", *script.imports, *script.lines]), names)
    ours = feed.at(torch.arange(feed.length or 0), None, list(source.fields))
    assert all(torch.equal(eval(text, names), ours[name]) for name, text in script.fields.items())


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"window": 28}, "too few for a window"),
        ({"target": "w"}, "no column of numbers"),
        ({"time": "w"}, "no dates or numbers"),
        ({"inputs": "gone"}, "has no column 'gone'"),
    ],
)
def test_a_series_that_cannot_be_is_a_sentence(tmp_path: Path, settings: dict[str, Any], word: str) -> None:
    """Fails if it is a traceback, or does not say what to change."""
    layer = table("TimeSeries")
    path = write(tmp_path / "a.csv", SERIES)
    with pytest.raises(NoData) as reason:
        schema_of(layer, layer.settings({**layer.defaults(), "path": str(path), **settings}))
    assert word in str(reason.value)


@pytest.mark.parametrize("day", ["", "-15"])
def test_months_and_a_number_are_a_series_in_time(tmp_path: Path, day: str) -> None:
    """Fails if months such as 1949-01 are words, or a file of dates and one number is offered as a table first."""
    months = [f"{1949 + at // 12}-{at % 12 + 1:02d}" for at in range(60)]
    lines = [f"{month}{day},{112 + at * 3 % 50}\n" for at, month in enumerate(months)]
    path = write(tmp_path / "air.csv", "Month,Passengers\n" + "".join(lines))
    first = candidates(path)
    assert [each.layer.id for each in first[:2]] == ["TimeSeries", "Table"]
    schema = described(path, "TimeSeries")
    assert [(each.name, each.role) for each in schema.columns] == [("Month", "time"), ("Passengers", "target")]
    assert not [remark for remark in schema.remarks if "gap" in remark]
    feed = loaded(path, "TimeSeries")
    window = feed.at(torch.tensor([3]), None, ["input"])["input"]
    assert window[0, :, 0].tolist() == [112 + at * 3 % 50 for at in range(3, 27)]
    # Rows in another order are no series as they stand, and with a second number the date may be one feature of many.
    shuffled = write(tmp_path / "b.csv", "Month,Passengers\n" + "".join([*lines[30:], *lines[:30]]))
    assert candidates(shuffled)[0].layer.id == "Table"
    wide = write(tmp_path / "c.csv", "Month,a,b\n" + "".join(f"{line.strip()},1.5\n" for line in lines))
    assert candidates(wide)[0].layer.id == "Table"


@pytest.mark.parametrize(("name", "step", "first", "role"), [("Year", 1, 1900, "time"), ("jahr", 5, 1500, "time"),
                                                             ("Year", 0, 1900, "feature"), ("Year", 1, 3, "feature"),
                                                             ("weight", 1, 1900, "feature")])  # fmt: skip
def test_years_that_rise_from_row_to_row_are_the_time(
    tmp_path: Path, name: str, step: int, first: int, role: str
) -> None:
    """Fails if the years of a series go in beside its values, or if numbers are the time that are called otherwise, do
    not rise or count something from one."""
    years = [first + step * at + (at % 2 if not step else 0) for at in range(60)]
    rows = "".join(f"{year},{at * 7 % 31 + 0.5}\n" for at, year in enumerate(years))
    path = write(tmp_path / "a.csv", f"{name},Value\n{rows}")
    schema = described(path, "TimeSeries")
    assert [(each.name, each.role) for each in schema.columns] == [(name, role), ("Value", "target")]
    assert loaded(path, "TimeSeries").at(torch.tensor([0]), None, ["input"])["input"].shape[-1] == 1 + (role != "time")
    (guess,) = [each for each in schema.guesses if each.setting == "time"]
    assert (name in guess.sentence) == (role == "time")
