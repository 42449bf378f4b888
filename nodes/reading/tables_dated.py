"""Columns of dates, told by their cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nodes.api.words import quoted
from nodes.reading.tables_dates import DATES, DAY, DAY_FIRST, MONTH_FIRST, MOSTLY, parsed
from nodes.reading.tables_examined import ExaminedColumn, ask

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
