"""Dates among the features of a table: they are days since 1970 to a net, and dates to people."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from nodes.reading.tables_dates import DURATIONS, TIMES, has_days, has_hours, moment_of, read_format

_BEGAN = datetime(1970, 1, 1)
_PARTS = ("features", "targets")  # of what is kept of a table
_MINUTES = 24 * 60
_ROUND = (24 * 60, 60, 30, 15, 10, 5, 1)  # minutes


def date_names(settled: Mapping[str, Any]) -> dict[str, str]:
    """The columns of dates by name, each with the format in which its table writes them. ``settled`` is what a schema
    keeps; nothing where it keeps nothing of columns."""
    found: dict[str, str] = {}
    for part in _PARTS:
        entries = settled.get(part, ())
        for told in entries if isinstance(entries, tuple | list) else ():
            try:
                entry = json.loads(told)
                if isinstance(entry, dict) and entry.get("format"):
                    found[str(entry["name"])] = read_format(entry)
            except (ValueError, TypeError, KeyError):
                continue
    return found


def as_date(days: float, format: str) -> str:
    """Days since 1970 as people read them: ``2020-03-01``, with hours and minutes where the table has them, ``2020-03``
    where it has months, ``09:30`` where it has times of a day. A mean may lie beyond all of them; then it is the
    number."""
    if not math.isfinite(days):
        return "–"
    if format in DURATIONS:
        seconds = max(0, round(days * _MINUTES * 60))
        shown = f"{seconds // 60:02d}:{seconds % 60:02d}"
        return shown if DURATIONS[format] == 60 else f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if format in TIMES:
        seconds = round(days * _MINUTES * 60)
        if not 0 <= seconds < _MINUTES * 60:
            return f"{days:.6g}"
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
        return f"{clock}:{seconds % 60:02d}" if "%S" in format else clock
    # A net has float32, which of a day of these years holds about two minutes: the roundest time that it may mean.
    near = max(0.5, abs(days) * 2**-24 * _MINUTES) if has_hours(format) else _MINUTES / 2
    minutes = next(
        (
            rounded
            for step in _ROUND
            if abs((rounded := round(days * _MINUTES / step) * step) - days * _MINUTES) <= near
        ),
        round(days * _MINUTES),
    )
    try:
        moment = _BEGAN + timedelta(minutes=minutes)
    except OverflowError:
        return f"{days:.6g}"
    return moment.strftime("%Y-%m-%d %H:%M" if has_hours(format) else "%Y-%m-%d" if has_days(format) else "%Y-%m")


def days_of(text: str, format: str) -> float | None:
    """A date that somebody has typed, as days since 1970: as ``as_date`` writes it or as the table does; None if it is
    no date."""
    wanted = text.strip().removesuffix("Z")
    usual = format.removesuffix("Z").replace("%.f", ".%f")
    times = TIMES if format in TIMES else ()
    for each in (
        usual,
        *times,
        "%Y-%m-%d",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
    ):
        try:
            moment = moment_of(wanted, each)
            if moment.tzinfo is not None:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
            return (moment - _BEGAN) / timedelta(days=1)
        except ValueError:
            continue
    return None
