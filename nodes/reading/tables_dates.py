"""How dates are written in a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

DAY = (
    r"^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|^\d{4}-\d{2}$|^\d{1,2}[- ][A-Z][a-z]{2}[- ]\d{4}$"
    r"|^[A-Z][a-z]{2,8} (\d{1,2}, )?\d{4}$|^\d{4}-[A-Z][a-z]{2}$|^[A-Z][a-z]{2}-\d{4}$"
    r"|^\d{1,3}:\d{2}(:\d{2})?( ?[AaPp][Mm])?$"
    r"|^\d{4}[- ]?Q[1-4]$|^(\d{1,2}-)?[A-Z][a-z]{2}[- ]'?\d{2}$|^\d{2}-[A-Z][a-z]{2}$"
)
MOSTLY = 0.95  # of the cells, that have to be dates where some are none
TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")  # of a day: parts of the first of 1970
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp])[Mm])?")
_FIRST_DAY = "1970-01-01 "
FORMS = "%Y/%m/%d %I:%M:%S %p GMT"  # as Google Forms writes them, with the distance from Greenwich
_ZONE = r" (GMT|UTC|MEZ|MESZ|CET|CEST|EST|EDT|PST|PDT)([+-]\d{1,2}(:?\d\d)?)?$"
DURATIONS = {"hours:minutes:seconds": 3600, "minutes:seconds": 60}  # of a day and longer, with what the first is worth
_DURATION = r"^(\d{1,3}):([0-5]\d)(?::([0-5]\d))?$"
DATES = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.fZ", "%Y/%m/%d", "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S", "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S",
    "%d.%m.%y", "%Y-%m", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S%.f %z",
    "%d-%b-%Y", "%d %b %Y", "%b %Y", "%B %Y", "%Y-%b", "%b-%Y", "%b %d, %Y", "%B %d, %Y",
    "%b-%y", "%b %y", "%y-%b", "%d-%b-%y", "%Y-Q", *TIMES, "%Y/%m/%d %I:%M:%S %p", FORMS, *DURATIONS,
)  # fmt: skip
DAY_FIRST = (
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d-%m-%Y",
    "%d/%m/%y",
    "%d/%m/%Y %I:%M %p",
    "%d/%m/%Y %I:%M:%S %p",
)
MONTH_FIRST = (
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m-%d-%Y",
    "%m/%d/%y",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
)


QUARTER = "%Y-Q"  # 2020Q1, 2020-Q1: no format of any library, but months are
_QUARTERS = tuple((f"[- ]?Q{at}$", f"-{3 * at - 2:02d}") for at in (1, 2, 3, 4))
LATE = 2030  # Excel's rule for years of two digits: 30 to 99 are in the last century. Others end it at 69.
_MONTHS = "january february march april may june july august september october november december".split()
EARLIER = "until 2069 "  # in front of a format whose years of two digits end there
EARLIER_KINDS = {each: f"{each}, until 2069" for each in ("date", "date, month first")}  # of columns
UNIX = {"Unix seconds": 1.0, "Unix milliseconds": 1e3, "Unix microseconds": 1e6, "Unix nanoseconds": 1e9}
EXCEL = ("Excel days", "Excel days and hours")  # since 1899-12-30
EXCEL_BEGAN = 25_569  # days of Excel on the first of 1970
DIGITS_ALONE = ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S")  # 20240131
NUMBERED = (*UNIX, *EXCEL, *DIGITS_ALONE)  # dates that are written as numbers
SHORT_YEARS = f"{LATE % 100} to 99 are 19{LATE % 100} to 1999, the others 2000 to {LATE - 1}"


def moments(cells: pl.Expr, format: str) -> pl.Expr:
    """Dates as polars has them; null where a cell is none."""
    import polars as pl

    if format in UNIX or format in EXCEL:
        numbers = cells.cast(pl.Float64, strict=False)
        since = numbers / UNIX[format] if format in UNIX else (numbers - EXCEL_BEGAN) * 86_400
        return (since * 1e6).round().cast(pl.Int64, strict=False).cast(pl.Datetime("us"))
    if format in DIGITS_ALONE:
        cells = cells.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False).cast(pl.String)
    if format in DURATIONS:
        long, short, third = (cells.str.extract(_DURATION, at).cast(pl.Int64, strict=False) for at in (1, 2, 3))
        worth = DURATIONS[format]
        seconds = (
            long * worth + short * 60 + third if worth > 60 else pl.when(third.is_null()).then(long * worth + short)
        )
        return (seconds * 1_000_000).cast(pl.Datetime("us"))
    if format == FORMS:
        return cells.str.replace(_ZONE, "").str.to_datetime(FORMS.removesuffix(" GMT"), strict=False, time_unit="us")
    if format == QUARTER:
        for pattern, month in _QUARTERS:
            cells = cells.str.replace(pattern, month)
        return cells.str.to_datetime("%Y-%m", strict=False, time_unit="us")
    if format in TIMES:
        timed = pl.lit(_FIRST_DAY) + cells
        return timed.str.to_datetime(f"%Y-%m-%d {format}", strict=False, time_unit="us")
    read = cells.str.to_datetime(format.removeprefix(EARLIER), strict=False, time_unit="us")
    if "%y" not in format or format.startswith(EARLIER):
        return read
    return pl.when(read.dt.year() >= LATE).then(read.dt.offset_by("-100y")).otherwise(read)


def moment_lines(cells: str, format: str) -> str:
    """The same as a line of a program."""
    if format in UNIX or format in EXCEL:
        numbers = f"{cells}.cast(pl.Float64, strict=False)"
        since = f"{numbers} / {UNIX[format]!r}" if format in UNIX else f"({numbers} - {EXCEL_BEGAN}) * 86_400"
        return f'(({since}) * 1e6).round().cast(pl.Int64, strict=False).cast(pl.Datetime("us"))'
    if format in DIGITS_ALONE:
        cells = f"{cells}.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False).cast(pl.String)"
    if format in DURATIONS:
        long, short, third = (
            f"{cells}.str.extract({_DURATION!r}, {at}).cast(pl.Int64, strict=False)" for at in (1, 2, 3)
        )
        worth = DURATIONS[format]
        seconds = f"{long} * {worth} + {short} * 60 + {third}"
        if worth == 60:
            seconds = f"pl.when({third}.is_null()).then({long} * {worth} + {short})"
        return f'(({seconds}) * 1_000_000).cast(pl.Datetime("us"))'
    if format == FORMS:
        plain = FORMS.removesuffix(" GMT")
        return f'{cells}.str.replace({_ZONE!r}, "").str.to_datetime({plain!r}, strict=False, time_unit="us")'
    if format == QUARTER:
        months = "".join(f".str.replace({pattern!r}, {month!r})" for pattern, month in _QUARTERS)
        return f'{cells}{months}.str.to_datetime("%Y-%m", strict=False, time_unit="us")'
    if format in TIMES:
        timed = f'(pl.lit("{_FIRST_DAY}") + {cells})'
        return f'{timed}.str.to_datetime("%Y-%m-%d {format}", strict=False, time_unit="us")'
    read = f'{cells}.str.to_datetime({format.removeprefix(EARLIER)!r}, strict=False, time_unit="us")'
    if "%y" not in format or format.startswith(EARLIER):
        return read
    return f'pl.when({read}.dt.year() >= {LATE}).then({read}.dt.offset_by("-100y")).otherwise({read})'


def moment_of(text: str, format: str) -> datetime:
    """One date. Months are named in English, as polars reads them: strptime alone asks for those of the language of the
    computer, which Qt sets for the whole process.

    Raises:
        ValueError: if it is none in this format.
    """
    if format in UNIX or format in EXCEL:
        number = float(text)
        days = number / UNIX[format] / 86_400 if format in UNIX else number - EXCEL_BEGAN
        try:
            return datetime(1970, 1, 1) + timedelta(days=days)
        except OverflowError:
            raise ValueError(f"{text} is no date") from None
    for sign, letters in (("%b", 3), ("%B", None)):
        word = re.search(r"[^\W\d_]+", text) if sign in format else None
        if word is not None:
            number = [month[:letters] for month in _MONTHS].index(word[0].lower()) + 1
            text = f"{text[: word.start()]}{number:02}{text[word.end() :]}"
            format = format.replace(sign, "%m")
    if format == QUARTER:
        for pattern, month in _QUARTERS:
            text = re.sub(pattern, month, text)
        return datetime.strptime(text, "%Y-%m")
    if format in TIMES:
        return _time_of(text, format)
    if format in DURATIONS:
        found = re.match(_DURATION, text)
        if found is None or (found[3] is None) == (DURATIONS[format] > 60):
            raise ValueError(f"{text} is no duration as {format}")
        seconds = int(found[1]) * DURATIONS[format] + int(found[2]) * (60 if found[3] else 1) + int(found[3] or 0)
        return datetime(1970, 1, 1) + timedelta(seconds=seconds)
    if format == FORMS:
        text, format = re.sub(_ZONE, "", text), FORMS.removesuffix(" GMT")
    if "%p" in format and (clock := _CLOCK.search(text)):  # strptime knows AM and PM in some languages alone
        day = _time_of(clock[0], "%I:%M:%S %p" if "%S" in format else "%I:%M %p")
        text = f"{text[: clock.start()]}{day:%H:%M:%S}{text[clock.end() :]}"
        format = format.replace("%I:%M:%S %p", "%H:%M:%S").replace("%I:%M %p", "%H:%M:%S")
    read = datetime.strptime(text, format.removeprefix(EARLIER))
    if format.startswith(EARLIER):
        return read.replace(year=2069) if read.year == 1969 else read  # as polars reads it
    return read.replace(year=read.year - 100) if "%y" in format and read.year >= LATE else read


def written_format(format: str) -> dict[str, Any]:
    """A format as it is kept for a run, with the first year of two digits that is in the last century."""
    plain = format.removeprefix(EARLIER)
    return {"format": plain, "late": LATE} if "%y" in format and plain == format else {"format": plain}


def read_format(entry: Mapping[str, Any]) -> str:
    """The format of what was kept. Runs from before Excel's rule read years of two digits until 2069; months by name
    are dates only since it."""
    format = str(entry.get("format", ""))
    before = "%y" in format and "%b" not in format and entry.get("late") != LATE
    return f"{EARLIER}{format}" if before else format


def _time_of(text: str, format: str) -> datetime:
    """A time on the first day of 1970. Not by strptime, which knows AM and PM only where the language of the process
    does."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None or (found[3] is None) == ("%S" in format) or (found[4] is None) == ("%p" in format):
        raise ValueError(f"{text} is no time as {format}")
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4] is not None:
        if not 1 <= hour <= 12:
            raise ValueError(f"{text} has no such hour")
        hour = hour % 12 + (12 if found[4] in "Pp" else 0)
    return datetime(1970, 1, 1, hour, minute, second)


def has_hours(format: str) -> bool:
    """Whether its dates have times."""
    return "%H" in format or "%I" in format or format in UNIX or format == EXCEL[1]


def has_days(format: str) -> bool:
    """Whether its dates have days, and no months alone."""
    return "%d" in format or format in UNIX or format in EXCEL


def parsed(known: pl.Series, format: str) -> pl.Series:
    import polars as pl

    if format in (QUARTER, FORMS, *DURATIONS, *TIMES, *NUMBERED):
        return known.to_frame("cell").select(moments(pl.col("cell"), format)).to_series()
    if "%Y" in format:  # else 1/2/21 is in the year 21
        known = known.to_frame("cell").select(pl.when(pl.col("cell").str.contains(r"\d{4}")).then("cell")).to_series()
    return known.str.to_datetime(format, strict=False, time_unit="us")
