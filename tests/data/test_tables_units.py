"""Numbers with a unit, numbers that stand for no value, months by name, and a series without any column name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from app.data import printed_functions
from app.data.understanding import understand
from nodes.api import Guess, Schema
from nodes.reading.tables_days import as_date, date_names, days_of
from tests.data.table_files import described, loaded, plan, same_by_script, write


def about(schema: Schema, column: str) -> Guess:
    return next(each for each in schema.guesses if each.sentence.startswith(f"'{column}'") and "=" in str(each.chosen))


def features(path: Path, column: int, **settings: Any) -> list[float]:
    return loaded(path, **settings).fields["features"][:, column].tolist()


@pytest.mark.parametrize(("unit", "low"), [(" kg", 10.5), ("cm", 10.5), (" km/h", 10.5), ("°C", -3.5)])
def test_one_unit_throughout_is_left_off(tmp_path: Path, unit: str, low: float) -> None:
    """Fails if 12 kg is a word, the unit reaches the number, or it is not asked about."""
    values = [low + number % 7 for number in range(40)]
    rows = "".join(f"{value}{unit},{number / 3:.3f}\n" for number, value in enumerate(values))
    path = write(tmp_path / "a.csv", f"much,price\n{rows}")
    asked = about(described(path), "much")
    assert asked.sentence == f"'much' has numbers with '{unit.strip()}' behind them and is read as a number."
    assert features(path, 0) == values
    assert [label for label, _ in asked.choices] == ["number", "category"]
    assert described(path, kinds=asked.choices[1][1]).fields["features"].sizes == (7,)
    same_by_script(path)


def test_what_may_be_part_of_a_word_stays_a_category_until_asked(tmp_path: Path) -> None:
    """Fails if 4wd becomes the number 4 unasked, or cannot become it; and if two units are taken for one."""
    rows = "".join(f"{2 + 2 * (n % 2)}wd,{n % 9} {('kg', 'g')[n % 2]},{n / 3:.3f}\n" for n in range(40))
    path = write(tmp_path / "a.csv", f"drive,much,price\n{rows}")
    asked = about(described(path), "drive")
    assert asked.chosen == ("drive=category",)
    assert features(path, 0, kinds=asked.choices[0][1]) == [2.0 + 2 * (n % 2) for n in range(40)]
    assert not any("'much' has numbers" in each.sentence for each in described(path).guesses)


@pytest.mark.parametrize("code", [-999, -9999, "-999.0"])
def test_a_code_for_nothing_measured_is_asked_about(tmp_path: Path, code: Any) -> None:
    """Fails if -999 is made missing in silence, goes unmentioned, or one click does not leave it out of the mean."""
    cells = [code if n % 8 == 0 else 10 + n % 5 for n in range(40)]
    path = write(tmp_path / "a.csv", "temp,price\n" + "".join(f"{cell},{n / 3:.3f}\n" for n, cell in enumerate(cells)))
    asked = about(described(path), "temp")
    said = f"'temp' has {float(code):g} in 5 rows, which may mean that nothing was measured, and is read as"
    assert asked.sentence == f"{said} a number."
    assert features(path, 0) == [float(cell) for cell in cells]
    (_, without) = asked.choices[1]
    told = described(path, kinds=without)
    assert about(told, "temp").sentence == f"{said} a missing value."
    known = [float(cell) for cell in cells if cell != code]
    filled = [float(cell) if cell != code else float(np.mean(known)) for cell in cells]
    assert features(path, 0, kinds=without) == pytest.approx(filled, rel=1e-6)
    same_by_script(path, kinds=without)


@pytest.mark.parametrize("codes", ["numbers", "missing"])
def test_a_code_in_a_series_is_asked_about(tmp_path: Path, codes: str) -> None:
    """Fails if -999 in a series goes unmentioned, or one click does not make it the last value before it."""
    cells = [-999.0 if n % 9 == 4 else 20 + n % 5 for n in range(60)]
    other = [-9999 if n == 30 else n % 7 for n in range(60)]
    days = pd.date_range("2024-01-01", periods=60).strftime("%Y-%m-%d")
    rows = "".join(f"{day},{wind},{cell}\n" for day, wind, cell in zip(days, other, cells))
    path = write(tmp_path / "a.csv", f"day,wind,temp\n{rows}")
    settings = {"codes": codes, "window": 4}
    (asked,) = [each for each in described(path, "TimeSeries", **settings).guesses if each.setting == "codes"]
    doing = "read as numbers" if codes == "numbers" else "missing there"
    assert asked.sentence == (
        "'wind' has -9999 in 1 row, 'temp' has -999 in 7 rows, which may mean that nothing was measured; they are "
        f"{doing}."
    )
    assert [value for _, value in asked.choices] == ["numbers", "missing"]
    frame = pd.DataFrame({"wind": other, "temp": cells}, dtype=float)
    if codes == "missing":
        frame = frame.replace([-999.0, -9999.0], np.nan).ffill()
    read = loaded(path, "TimeSeries", **settings).at(torch.arange(56), None, ["input", "target"])
    expected = np.stack([frame.to_numpy("float32")[at : at + 4] for at in range(56)])
    assert np.array_equal(read["input"].numpy(), expected)
    assert np.array_equal(read["target"][:, 0].numpy(), frame["temp"].to_numpy("float32")[4:])
    script, _ = printed_functions.script_of(plan(path, "TimeSeries", **settings))
    names: dict[str, Any] = {}
    exec("\n".join(["import torch", *script.imports, *script.lines]), names)
    assert torch.equal(names["windows"], read["input"])


def test_a_low_number_among_others_is_no_code(tmp_path: Path) -> None:
    """Fails if depths down to -999 are asked about."""
    rows = "".join(f"{-999 + 37 * n},{n / 3:.3f}\n" for n in range(40))
    path = write(tmp_path / "a.csv", f"depth,price\n{rows}")
    assert not any("nothing was measured" in each.sentence for each in described(path).guesses)


def test_months_by_name_after_the_year(tmp_path: Path) -> None:
    """Fails if 1949-Jan is a word, or the passengers of an airline are no series."""
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    for number, form in enumerate(("{year}-{month}", "{month}-{year}")):
        rows = "".join(f"{form.format(year=1949 + n // 12, month=months[n % 12])},{100 + n}\n" for n in range(96))
        path = write(tmp_path / f"{number}.csv", f"Month,Passengers\n{rows}")
        found = next(understand(path))
        assert found.layer.id == "TimeSeries"
        assert found.schema is not None
        assert any(each.sentence == "Rows are in the order of 'Month'." for each in found.schema.guesses)
        assert features(path, 0)[:3] == [-7670.0, -7639.0, -7611.0]


@pytest.mark.parametrize("form", ["%b-%y", "%b %y", "%y-%b", "%d-%b-%y", "%d.%m.%y"])
def test_years_of_two_digits_are_those_of_excel(tmp_path: Path, form: str) -> None:
    """Fails if Jan-49 is a word, a month of 2049, no time of a series, or read otherwise by a program of its own."""
    days = pd.date_range("1949-01-01", periods=96, freq="MS")
    rows = "".join(f"{day.strftime(form)},{100 + n}\n" for n, day in enumerate(days))
    path = write(tmp_path / "a.csv", f"Month,Passengers\n{rows}")
    found = next(understand(path))
    assert found.layer.id == "TimeSeries"
    assert found.schema is not None
    assert any(each.sentence == "Rows are in the order of 'Month'." for each in found.schema.guesses)
    assert not any("not in the order" in remark for remark in found.schema.remarks)
    expected = [(day - pd.Timestamp("1970-01-01")).days for day in days]
    assert features(path, 0) == expected
    assert "The years of 'Month' have two digits: 30 to 99 are 1930 to 1999, the others 2000 to 2029" in (
        described(path).remarks
    )
    same_by_script(path)
    assert days_of(days[13].strftime(form), form) == expected[13]
    later = write(
        tmp_path / "b.csv",
        "when,n\n"
        + "".join(
            f"{day.strftime(form)},{n}\n" for n, day in enumerate(pd.date_range("1999-06-01", periods=40, freq="MS"))
        ),
    )
    assert features(later, 0)[-1] == (pd.Timestamp("2002-09-01") - pd.Timestamp("1970-01-01")).days


@pytest.mark.parametrize("head", ["", "pressure\n"])
def test_one_number_a_line_is_a_series(tmp_path: Path, head: str) -> None:
    """Fails if a recording of one number a line is read as a long text, or its first line is lost."""
    values = [round(float(np.sin(n / 5)), 4) for n in range(90)]
    path = write(tmp_path / "pressure.txt", head + "".join(f"{value}\n" for value in values))
    found = next(understand(path))
    assert found.layer.id == "TimeSeries"
    read = loaded(path, "TimeSeries", window=4).at(torch.arange(86), None, ["input", "target"])
    assert read["input"][0, :, 0].tolist() == pytest.approx(values[:4])
    assert read["target"][:, 0].tolist() == pytest.approx(values[4:])
    other = write(tmp_path / "poem.txt", "".join(f"line {n} of a poem\n" for n in range(90)))
    assert next(understand(other)).layer.id != "TimeSeries"


def test_years_and_one_number_are_a_series(tmp_path: Path) -> None:
    """Fails if the sunspots of 200 years are a table of a year that tells the number, or sizes that grow are years."""
    rows = "".join(f"{1700 + n},{n * 7 % 90}.5\n" for n in range(200))
    assert next(understand(write(tmp_path / "sunspots.csv", f"Year,Sunspots\n{rows}"))).layer.id == "TimeSeries"
    assert next(understand(write(tmp_path / "flats.csv", f"size,price\n{rows}"))).layer.id == "Table"


@pytest.mark.parametrize("form", ["{}Q{}", "{}-Q{}", "{} Q{}"])
def test_quarters_are_dates(tmp_path: Path, form: str) -> None:
    """Fails if 1990Q1, as pandas writes quarters, is a word, no time of a series, or read otherwise by a program."""
    rows = "".join(f"{form.format(1990 + n // 4, n % 4 + 1)},{100 + n}\n" for n in range(80))
    path = write(tmp_path / "a.csv", f"quarter,gdp\n{rows}")
    found = next(understand(path))
    assert found.layer.id == "TimeSeries"
    assert found.schema is not None
    assert any(each.sentence == "Rows are in the order of 'quarter'." for each in found.schema.guesses)
    starts = pd.period_range("1990Q1", periods=80, freq="Q").start_time
    assert features(path, 0) == [(day - pd.Timestamp("1970-01-01")).days for day in starts]
    same_by_script(path)
    assert days_of(form.format(1990, 3), "%Y-Q") == (pd.Timestamp("1990-07-01") - pd.Timestamp("1970-01-01")).days


@pytest.mark.parametrize(
    ("form", "shown"),
    [("{h:02d}:{m:02d}", "21:05"), ("{h}:{m:02d}", "21:05"), ("{h:02d}:{m:02d}:00", "21:05:00"),
     ("{t}:{m:02d} {half}", "21:05")],
)  # fmt: skip
def test_times_of_a_day_are_parts_of_it(tmp_path: Path, form: str, shown: str) -> None:
    """Fails if 09:30 is a word that is left out, another time, read otherwise by a program, or the time by which the
    rows of several days are sorted."""
    clock = [(at * 5 % 24, at * 7 % 60) for at in range(60)]
    cells = [form.format(h=h, m=m, t=h % 12 or 12, half="PM" if h > 11 else "AM") for h, m in clock]
    path = write(tmp_path / "a.csv", "start,size,n\n" + "".join(f"{cell},{at},{at * 3 % 7}.5\n"
                                                                for at, cell in enumerate(cells)))  # fmt: skip
    assert features(path, 0) == pytest.approx([(60 * h + m) / 1440 for h, m in clock], abs=1e-7)
    same_by_script(path)
    (format,) = date_names(described(path).settled).values()
    days = days_of("21:05", format)
    assert days == pytest.approx((60 * 21 + 5) / 1440)
    assert as_date(days or 0.0, format) == shown
    assert days_of(cells[3], format) == pytest.approx((60 * clock[3][0] + clock[3][1]) / 1440)
    assert (as_date(-0.1, format), as_date(1.5, format)) == ("-0.1", "1.5")
    series = described(path, "TimeSeries")
    assert next(each for each in series.guesses if each.setting == "time").sentence.endswith("the order of the file.")
