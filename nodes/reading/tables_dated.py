"""Columns of dates, told by their cells."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nodes.api.words import quoted
from nodes.reading.tables_dates import (
    DATES,
    DAY,
    DAY_FIRST,
    DIGITS_ALONE,
    EXCEL,
    MONTH_FIRST,
    MOSTLY,
    UNIX,
    has_hours,
    moment_of,
    parsed,
)
from nodes.reading.tables_examined import PLAIN, ExaminedColumn, ask

if TYPE_CHECKING:
    import polars as pl


def as_dates(base: ExaminedColumn, series: pl.Series, known: pl.Series) -> ExaminedColumn | None:
    head = known.head(50)
    if not bool(head.str.contains(DAY).all()):
        return _mostly_dates(base, known)
    for format in DATES:
        if not parsed(head, format).null_count() and not parsed(known, format).null_count():
            return replace(base, kind="date", format=format)
    for first, second in zip(DAY_FIRST, MONTH_FIRST):
        days_fit, months_fit = (not parsed(known, each).null_count() for each in (first, second))
        if days_fit or months_fit:
            kind = "date" if days_fit else "date, month first"
            made = replace(base, kind=kind, format=first if days_fit else second)
            if days_fit and months_fit:
                said = f"{quoted(base.name, 40)} has dates such as {known[0]}"
                return ask(made, said, ("date", "date, month first"))
            return made
    return _mostly_dates(base, known)


def _mostly_dates(base: ExaminedColumn, known: pl.Series) -> ExaminedColumn | None:
    """Dates of which a few are none, as 2020-13-45 or unknown: these count as missing."""
    if len(known) < 20 or int(known.str.contains(DAY).sum()) < MOSTLY * len(known):
        return None
    gone = {each: parsed(known, each).null_count() for each in (*DATES, *DAY_FIRST, *MONTH_FIRST)}
    format = min(gone, key=lambda each: gone[each])
    if gone[format] > (1 - MOSTLY) * len(known):
        return None
    wrong = known.filter(parsed(known, format).is_null())
    shown = quoted(base.name, 40)
    many = f"{len(wrong):,} cells of {shown} are no dates and count" if len(wrong) > 1 else None
    said = many or f"A cell of {shown} is no date and counts"
    said += f" as missing ({'first ' if many else ''}{quoted(wrong[0], 20)})"
    kind = "date, month first" if format in MONTH_FIRST else "date"
    return replace(base, kind=kind, format=format, missing=base.missing + len(wrong), remarks=(*base.remarks, said))


_DATED = re.compile(r"(^|[\W_])(date|datum|datetime|fecha|day)([\W_]|$)|date$|datum$|stamp$|_at$")
_TIMED = re.compile(r"(^|[\W_])(time|ts|epoch|unix|seconds|ms)([\W_]|$)|time$")  # may count anything from its own zero
_LATER = re.compile(r"(^|[\W_])(since|after|before|until|left|elapsed|number|count|duration)([\W_]|$)")  # counts days
_DIFFERENT = 3  # dates at least, where the cells alone tell
_YEARS = (1800, 2100)  # of 20240131
_SECONDS = (946_684_800, 2_208_988_800)  # the years 2000 to 2039, which numbers alone tell
_NAMED_SECONDS = (100_000_000, 4_102_444_800)  # 1973 to 2099, where the name tells
_EXCEL = (20_000, 60_000)  # 1954 to 2064
LEAST = _EXCEL[0]  # of a date written as a number
_SURE = 10  # different numbers, from which on all of them being seconds of these years is no chance


def as_numbered_dates(column: ExaminedColumn, numbers: pl.Series, told: bool = False) -> str:
    """As which dates the numbers of a column are written, by its name or by what they are; empty if as none. ``told``
    says that they are dates."""
    lower = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column.name.strip()).lower()
    dated = told or (bool(_DATED.search(lower)) and not _LATER.search(lower))
    named = dated or (bool(_TIMED.search(lower)) and not _LATER.search(lower))
    low, high, whole = float(numbers.min()), float(numbers.max()), bool((numbers == numbers.floor()).all())  # type: ignore[arg-type]
    if column.distinct < (1 if named else _DIFFERENT):
        return ""
    for format, digits in zip(DIGITS_ALONE, (8, 12, 14)):
        first, last = (year * 10 ** (digits - 4) for year in _YEARS)
        if first <= low and high < last:
            return format if whole and not parsed(numbers, format).null_count() else ""
    for format, parts in UNIX.items():
        first, last = _NAMED_SECONDS if named else _SECONDS
        if first * parts <= low and high <= last * parts and (named or column.distinct >= _SURE):
            return format
    if dated and _EXCEL[0] <= low and high <= _EXCEL[1]:
        return EXCEL[int(not whole)]
    return ""


def may_be_dates(mean: float | None) -> bool:
    """Whether numbers with this mean, None where nobody knows it, could be dates."""
    if mean is None:
        return True
    first, last = _YEARS
    digits = any(first * 10 ** (n - 4) <= mean < last * 10 ** (n - 4) for n in (8, 12, 14))
    unix = any(_NAMED_SECONDS[0] * parts <= mean <= _NAMED_SECONDS[1] * parts for parts in UNIX.values())
    return digits or unix or _EXCEL[0] <= mean <= _EXCEL[1]


def numbered_dates(column: ExaminedColumn, format: str, first: float) -> ExaminedColumn:
    """A column whose numbers are dates, which is asked about. ``first`` is one of them."""
    text = f"{first:.10g}" if first < 1e10 else f"{first:.0f}"
    what = {
        **dict.fromkeys(DIGITS_ALONE, "dates without marks"),
        **{each: f"{each.partition(' ')[2]} since 1970" for each in UNIX},
        **dict.fromkeys(EXCEL, "days as Excel counts them"),
    }[format]
    shown = moment_of(text, format).strftime("%Y-%m-%d %H:%M" if has_hours(format) else "%Y-%m-%d")
    made = replace(column, kind="date", format=format, steps=PLAIN, mean=None, digits=False)
    return ask(made, f"{quoted(column.name, 40)} has numbers such as {text}, {what} ({shown}),", ("date", "number"))
