"""Dates are days to a net and dates to people."""

from __future__ import annotations

import _strptime
import calendar
from datetime import datetime
from pathlib import Path

import pytest

from app.core.graph.model import Graph, Node, Project
from app.data.source_looks import looked_at
from app.insight.browsing import Browser
from nodes.reading.tables_dates import moment_of
from nodes.reading.tables_days import as_date, date_names, days_of
from tests.data.table_files import described, loaded, write


@pytest.mark.parametrize(
    "format", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%y", "%d.%m.%y", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ"]
)
def test_what_is_shown_is_what_stands_in_the_file(tmp_path: Path, format: str) -> None:
    """Fails if a date is shown as a number, as another day, or as the hour of another place of the world."""
    moments = [
        datetime(2003, 2, 28, 6, 30),
        datetime(1969, 12, 31, 12),
        datetime(2026, 11, 29, 18),
        datetime(2000, 2, 29),
    ]
    if format.endswith("%y"):
        moments = [each.replace(year=2001 + at, day=20 + at) for at, each in enumerate(moments)]
    text = "".join(f"{each.strftime(format)},{at * 0.5},{at * 1.5}\n" for at, each in enumerate(moments * 3))
    path = write(tmp_path / "a.csv", f"day,size,price\n{text}")
    names = date_names(described(path).settled)
    assert list(names) == ["day"]
    days = loaded(path).fields["features"][:, 0].tolist()
    shown = [as_date(each, names["day"]) for each in days[:4]]
    wanted = "%Y-%m-%d %H:%M" if "%H" in format else "%Y-%m-%d"
    assert shown == [each.strftime(wanted) for each in moments]
    near = pytest.approx(days[:4], abs=1 / 500)  # of a float32
    assert [days_of(each, names["day"]) for each in shown] == near
    assert [days_of(each.strftime(format), names["day"]) for each in moments] == near


def test_what_is_no_date() -> None:
    """Fails if half a date is taken for one, or a mean beyond all dates ends in a traceback."""
    assert as_date(days_of("2026-03", "%Y-%m") or 0.0, "%Y-%m") == "2026-03"
    for text in ("", "2026-13-01", "2026-1", "18262", "tomorrow"):
        assert days_of(text, "%Y-%m-%d") is None
    assert as_date(float("nan"), "%Y-%m-%d") == "–"
    assert as_date(1e12, "%Y-%m-%d") == "1e+12"
    assert date_names({"features": ("no json", "3", '{"name": 1}'), "targets": 7}) == {}


def test_the_panel_for_data_shows_dates(tmp_path: Path) -> None:
    """Fails if the rows of a table are shown with numbers of days."""
    text = "".join(f"2026-0{1 + at % 9}-1{at % 10},{at * 0.5},{at * 1.5}\n" for at in range(30))
    path = write(tmp_path / "a.csv", f"day,size,price\n{text}")
    project = looked_at(Project(graph=Graph.of([Node("data", "Table", {"path": str(path)})], [])))
    browser = Browser(project, "data")
    assert browser.columns[0] == "day"
    assert [each.cells[0] for each in browser.read([0, 7, 29])] == ["2026-01-10", "2026-08-17", "2026-03-19"]


@pytest.mark.parametrize(
    ("text", "format", "meant"),
    [
        ("Mar 2020", "%b %Y", datetime(2020, 3, 1)),
        ("october 2020", "%B %Y", datetime(2020, 10, 1)),
        ("05-May-2020", "%d-%b-%Y", datetime(2020, 5, 5)),
        ("Dec 3, 2020", "%b %d, %Y", datetime(2020, 12, 3)),
        ("31-Dec", "%y-%b", datetime(1931, 12, 1)),
    ],
)
def test_months_are_in_english_whatever_the_computer_speaks(
    monkeypatch: pytest.MonkeyPatch, text: str, format: str, meant: datetime
) -> None:
    """Fails if a month is looked for among the names of the language that Qt sets for the process: a German computer
    would not take Mar 2020 for a date, and a series of such rows for none."""
    german = ["", *"jan feb mär apr mai jun jul aug sep okt nov dez".split()]
    monkeypatch.setattr(calendar, "month_abbr", german)
    monkeypatch.setattr(calendar, "month_name", german)
    monkeypatch.setattr(_strptime, "_TimeRE_cache", _strptime.TimeRE())
    monkeypatch.setattr(_strptime, "_regex_cache", {})
    with pytest.raises(ValueError, match="does not match"):
        datetime.strptime(text, format)
    assert moment_of(text, format) == meant
    with pytest.raises(ValueError):
        moment_of(text.replace(text.strip("0123456789 -,")[:3], "xyz"), format)
