"""Dates that are written as numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from app.data.understanding import understand
from nodes.reading.tables_days import as_date, date_names, days_of
from tests.data.table_files import described, guess_of, loaded, same_by_script, write

BEGAN = datetime(1970, 1, 1)
MOMENTS = [datetime(2024, 1, 31) + timedelta(days=17 * n % 400, hours=6 * (n % 4)) for n in range(40)]
WAYS: dict[str, tuple[str, Callable[[datetime], float | int], bool]] = {
    "date": ("%Y%m%d", lambda m: int(m.strftime("%Y%m%d")), False),
    "x1": ("%Y%m%d", lambda m: int(m.strftime("%Y%m%d")), False),
    "stamp": ("%Y%m%d%H%M%S", lambda m: int(m.strftime("%Y%m%d%H%M%S")), True),
    "created_at": ("Unix seconds", lambda m: int((m - BEGAN).total_seconds()), True),
    "x2": ("Unix seconds", lambda m: int((m - BEGAN).total_seconds()), True),
    "timestamp": ("Unix milliseconds", lambda m: int((m - BEGAN).total_seconds() * 1000), True),
    "OrderDate": ("Excel days", lambda m: (m - datetime(1899, 12, 30)).days, False),
    "Date/Time": ("Excel days and hours", lambda m: (m - datetime(1899, 12, 30)) / timedelta(days=1), True),
}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("typed", [False, True])
def test_dates_as_numbers_are_dates(tmp_path: Path, name: str, typed: bool) -> None:
    """Fails if 20240131 is twenty million, seconds since 1970 or days of Excel are another day or hour, if nothing is
    said of it, it cannot be answered otherwise, or a program of its own reads other numbers."""
    format, written, hours = WAYS[name]
    frame = pl.DataFrame(
        {name: [written(m) for m in MOMENTS], "size": [n * 0.5 for n in range(40)], "y": [n * 1.5 for n in range(40)]}
    )
    path = tmp_path / ("a.parquet" if typed else "a.csv")
    frame.write_parquet(path) if typed else frame.write_csv(path)
    found = described(path)
    assert date_names(found.settled) == {name: format}
    expected = [(m if hours else m.replace(hour=0)) - BEGAN for m in MOMENTS]
    days = loaded(path).fields["features"][:, 0].tolist()
    assert days == pytest.approx([each / timedelta(days=1) for each in expected], abs=1 / 500)
    shown = MOMENTS[3].strftime("%Y-%m-%d %H:%M" if hours else "%Y-%m-%d")
    assert as_date(days[3], format) == shown
    assert days_of(shown, format) == pytest.approx(days[3], abs=1 / 500)
    assert days_of(f"{written(MOMENTS[3])}", format) == pytest.approx(days[3], abs=1 / 500)
    asked = guess_of(found, "kinds")
    assert asked.sentence.startswith(f"'{name}' has numbers such as {written(MOMENTS[0]):.14g}, ")
    clock = " 00:00" if hours else ""
    assert asked.sentence.endswith(f"(2024-01-31{clock}), and is read as a date.")
    same_by_script(path)
    choices = dict(asked.choices)
    number = described(path, kinds=choices["number"])
    assert date_names(number.settled) == {}
    assert loaded(path, kinds=choices["number"]).fields["features"][2, 0].item() == pytest.approx(written(MOMENTS[2]))
    assert guess_of(number, "kinds").sentence.endswith("and is read as a number.")
    assert date_names(described(path, kinds=choices["date"]).settled) == {name: format}


def test_numbers_that_are_no_dates_stay_numbers(tmp_path: Path) -> None:
    """Fails if salaries, counts of days, phone numbers or 20241399 become dates."""
    rows = "".join(
        f"{45_000 + 37 * n},{21_000 + n},{30_000 + 10 * n},{20_241_390 + n},{1_706_659_200 + 190_000_000 * n},{n}\n"
        for n in range(40)
    )
    path = write(tmp_path / "a.csv", f"salary,days_since_start,time,serial,phone,y\n{rows}")
    assert date_names(described(path).settled) == {}
    told = described(path, kinds=("salary=date",))
    assert date_names(told.settled) == {"salary": "Excel days"}
    assert loaded(path, kinds=("salary=date",)).fields["features"][0, 0] == 45_000 - 25_569
    same_by_script(path, kinds=("salary=date",))


def test_days_without_marks_are_the_time_of_a_series(tmp_path: Path) -> None:
    """Fails if 20240131 beside one number is no series, or its rows are not in the order of the days."""
    days = [datetime(2023, 12, 1) + timedelta(days=n) for n in range(80)]
    path = write(tmp_path / "a.csv", "date,level\n" + "".join(f"{d:%Y%m%d},{n % 9}\n" for n, d in enumerate(days)))
    found = next(understand(path))
    assert found.layer.id == "TimeSeries"
    assert found.schema is not None
    assert any(each.sentence == "Rows are in the order of 'date'." for each in found.schema.guesses)
