"""What a column of a table holds and what it is for: guessed from its cells, or as it was told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nodes.api.words import quoted
from nodes.reading.tables_codes import is_zip, looks_like
from nodes.reading.tables_dated import LEAST, as_dates, as_numbered_dates, numbered_dates
from nodes.reading.tables_dates import (
    DATES,
    DAY_FIRST,
    EARLIER,
    EARLIER_KINDS,
    MONTH_FIRST,
    SHORT_YEARS,
    moments,
    parsed,
)
from nodes.reading.tables_dialect import MISSING as MISSING
from nodes.reading.tables_examined import (
    KINDS,
    MOST_WORDS,
    PLAIN,
    ExaminedColumn,
    as_code,
    ask,
    asked_again,
    left_out,
    names_again,
)
from nodes.reading.tables_numbers import DIGITS, LEADING, PlainColumn, number, plain_columns
from nodes.reading.tables_order import in_order, in_scale, is_numeric, ordered
from nodes.reading.tables_units import LEAVES_CODES, WITHOUT, code_for_missing, unit_of, without_unit

if TYPE_CHECKING:
    import polars as pl

COMMA = ((r"\.", ""), (",", "."))
_THOUSANDS = (("[,' \u00a0\u202f]", ""),)
_SIGNS = ((r"[$€£¥₹%\s]|USD|EUR|GBP|CHF|INR|JPY", ""),)
_MONEY = r"^[+-]?\s?([$€£¥₹]|USD|EUR|GBP|CHF|INR|JPY)|([$€£¥₹%]|USD|EUR|GBP|CHF|INR|JPY)$"
_LARGE = r"^[+-]?\d+(\.\d+)?[KkMB]?$"  # 575K beside 5.3M
_POWERS = ((r"[Kk]$", "e3"), (r"M$", "e6"), (r"B$", "e9"))
_TICKS = ("x", "✓", "✔", "☑", "yes", "ja", "oui", "true", "checked")  # beside empty cells
_GROUPED = r"^[+-]?\d{1,3}([,' \u00a0\u202f]\d{3})+(\.\d+)?$"
_GROUPED_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})*|\d+)?(,\d+)?([eE][+-]?\d+)?$"
_PARTS = ("split", "part", "set", "subset", "partition", "fold")
PART_WORDS = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "dev": "validation", "test": "test", "testing": "test",
}  # fmt: skip
_PICTURE = r"(?i)\.(png|jpe?g|bmp|gif|tiff?|webp)$"


def cleaned(frame: pl.DataFrame, bare: bool = False) -> pl.DataFrame:
    """Cells of text without blanks at their ends, and null where nothing is known. ``bare`` says that there are no such
    blanks."""
    import polars as pl

    return frame.with_columns(clean(pl.col(pl.String), bare))


def clean(cells: pl.Expr, bare: bool = False) -> pl.Expr:
    """Columns of text without blanks at the ends of their cells, and null where nothing is known."""
    import polars as pl

    stripped = cells if bare else cells.str.strip_chars()
    return pl.when(~stripped.is_in(MISSING)).then(stripped)


def days(name: str, format: str) -> pl.Expr:
    """The dates of a column as days since 1970."""
    import polars as pl

    seconds = moments(pl.col(name), format).dt.timestamp("us")
    return (seconds / 86_400_000_000.0).alias(name)


def looked_into(frame: pl.DataFrame, comma: bool, kinds: Mapping[str, str], place: Any) -> list[ExaminedColumn]:
    """What each column of a cleaned frame holds. ``comma`` says that fractions have a comma; ``kinds`` are those that
    were told; ``place`` gives the row in the file of a row of the frame, 0 if nobody knows."""
    plain = plain_columns(frame) if not comma else {}
    found = []
    for at, series in enumerate(frame.get_columns()):
        name, told = series.name, kinds.get(series.name, "")
        if name in plain and plain[name].several:
            column = _plain_column(series, plain[name], first=at == 0)
        else:
            column = _column(series, comma, "", place, first=at == 0)
        if told and told != column.kind:
            asks = column.asks
            column = _column(series, comma, told, place, first=at == 0)
            column = replace(column, asks=asked_again(column, told, asks))
        if "%y" in column.format and not column.format.startswith(EARLIER):
            said = f"The years of {quoted(column.name, 40)} have two digits: {SHORT_YEARS}"
            column = replace(column, remarks=(*column.remarks, said))
        found.append(column)
    return found


def _plain_column(series: pl.Series, known: PlainColumn, first: bool) -> ExaminedColumn:
    """A column of numbers, of which everything is known but what has to be asked."""
    import polars as pl

    typed, missing = series.dtype != pl.String, series.null_count()
    column = ExaminedColumn(
        series.name, "number", typed=typed, missing=missing, distinct=known.distinct, mean=known.mean,
        digits=known.digits,
    )  # fmt: skip
    return _asked_number(column, series, first, known)


def _column(series: pl.Series, comma: bool, told: str, place: Any, first: bool) -> ExaminedColumn:
    import polars as pl

    name = series.name
    missing = series.null_count()
    shown = quoted(name, 40)
    if missing == len(series):
        return ExaminedColumn(
            name, told or "category", "ignore", missing=missing, remarks=(f"The column {shown} is empty",)
        )
    typed = series.dtype != pl.String
    distinct = series.n_unique() - bool(missing)
    base = ExaminedColumn(name, told or "number", typed=typed, missing=missing, distinct=distinct)
    if distinct == 1 and missing and not typed and not told and series.drop_nulls()[0].lower() in _TICKS:
        said = f"{shown} is ticked ({quoted(series.drop_nulls()[0], 10)}) or empty, which is a category, too"
        return replace(as_words(base, series), remarks=(said,))
    if distinct == 1:
        said = f"{shown} has one value in all rows, so it tells nothing"
        return replace(_as(base, series, told or "category", comma, place), role="ignore", remarks=(said,))
    if told:
        return _as(base, series, told, comma, place)
    if typed:
        return _asked(_numbers(base, series, PLAIN, place), series, first)
    if distinct <= MOST_WORDS and not any(map(is_numeric, (made := as_words(base, series)).words)):
        return _asked(made, series, first)  # as most categories; without a digit it is no code, date or number
    known = series.drop_nulls()
    close = known.str.replace_all(" ", "", literal=True)  # 030 123 456
    codes = int(close.str.contains(LEADING).sum())
    if codes and int(close.str.contains(r"^\+?\d+$").sum()) == len(known):
        begins = "+, as numbers of phones" if bool(known.str.starts_with("+").any()) else "0, as zip codes"
        return as_code(as_words(base, series), f"{shown} has numbers that begin with {begins} do")
    found = as_dates(base, series, known)
    if found is not None:
        return found
    steps = _steps(known, comma)
    if steps is not None:
        return _asked(_numbers(base, series, steps, place), series, first)
    unit, sure = unit_of(known)
    if unit:
        made = as_words(base, series)
        if sure or distinct > MOST_WORDS:
            made = _numbers(base, series, _unit_steps(series, comma) or PLAIN, place)
        if made.kind == "category" or not made.missing - base.missing:
            return ask(made, f"{shown} has numbers with {quoted(unit, 12)} behind them", ("number", "category"))
    return _asked(as_words(base, series), series, first)


def _unit_steps(series: pl.Series, comma: bool) -> tuple[tuple[str, str], ...] | None:
    """How numbers with one unit throughout are read; None if they are none."""
    known = series.drop_nulls()
    unit, _ = unit_of(known)
    if not unit:
        return None
    leave = without_unit(unit)
    rest = known.str.replace_all(*leave[0])
    steps = _steps(rest, comma)
    return (*leave, *steps) if steps is not None else leave


def _as(base: ExaminedColumn, series: pl.Series, kind: str, comma: bool, place: Any) -> ExaminedColumn:
    """A column of the kind that it was told to be."""
    import polars as pl

    if kind == WITHOUT:
        if base.typed:
            series, base = spelled(series), replace(base, typed=False)
        return _numbers(base, series, (*(_steps(series.drop_nulls(), comma) or PLAIN), *LEAVES_CODES), place)
    if kind == "number":
        steps = PLAIN if base.typed else _steps(series.drop_nulls(), comma) or _unit_steps(series, comma)
        return _numbers(base, series, steps if steps is not None else _all_steps(comma), place)
    if base.typed:
        series = spelled(series)
        base = replace(base, typed=False)
    if kind.startswith("date"):
        known = series.drop_nulls()
        formats = (*DATES, *(MONTH_FIRST if "month" in kind else DAY_FIRST))
        values = known.cast(pl.Float64, strict=False)
        best = as_numbered_dates(base, values, told=True) if not values.null_count() else ""
        best = best or max(formats, key=lambda each: len(known) - parsed(known, each).null_count())
        gone = parsed(known, best).null_count()
        best = f"{EARLIER}{best}" if kind in EARLIER_KINDS.values() and "%y" in best else best
        said = (f"{gone:,} cells of {quoted(base.name, 40)} are no dates and count as missing",) if gone else ()
        return replace(base, kind=kind, format=best, remarks=said, missing=base.missing + gone)
    if kind == "text":
        return replace(base, kind="text", role="text")
    made = as_words(base, series)
    if kind == "ordered category":
        order = ordered(made.words)
        counts = dict(zip(made.words, made.counts))
        return replace(made, kind=kind, words=order, counts=tuple(counts[word] for word in order))
    assert isinstance(series.dtype, pl.String)
    return made


def spelled(series: pl.Series) -> pl.Series:
    """Numbers as the words for classes: 3 and not 3.0."""
    import polars as pl

    return series.to_frame().select(words_of(series.name)).to_series() if series.dtype != pl.String else series


def words_of(name: str) -> pl.Expr:
    """A column of numbers as words: 3 and not 3.0."""
    import polars as pl

    return pl.col(name).cast(pl.String).str.replace(r"\.0$", "").alias(name)


def _numbers(base: ExaminedColumn, series: pl.Series, steps: tuple[tuple[str, str], ...], place: Any) -> ExaminedColumn:
    import polars as pl

    name = base.name
    values = series.to_frame().select(number(name, base.typed, steps)).to_series()
    known = series.is_not_null() & (~series.is_nan() if series.dtype.is_float() else pl.lit(True))
    gone = series.to_frame().with_columns(bad=known & values.is_null()).with_row_index("at").filter("bad")
    remarks = []
    if len(gone):
        cell, row = gone[name][0], place(gone["at"][0])
        where = f" in row {row:,}" if row else ""
        many = f"{len(gone):,} cells of {quoted(name, 40)} are" if len(gone) > 1 else f"A cell of {quoted(name, 40)} is"
        what = (
            "no number that can be calculated with and count"
            if len(gone) > 1
            else "no number that can be calculated with and counts"
        )
        remarks.append(f"{many} {what} as missing ({'first ' if len(gone) > 1 else ''}{quoted(cell, 20)}{where})")
    for (pattern, _), word in ((_SIGNS[0], "signs such as % and $"), (_THOUSANDS[0], "marks of thousands")):
        if any(pattern == each for each, _ in steps):
            remarks.append(f"In {quoted(name, 40)} the {word} are left off")
    return replace(
        base,
        kind="number",
        steps=steps,
        missing=values.null_count(),
        distinct=values.drop_nulls().n_unique(),
        mean=values.mean(),  # type: ignore[arg-type]
        digits=not base.typed and not steps and bool(series.str.contains(DIGITS).all()),
        remarks=(*base.remarks, *remarks),
    )


def _steps(known: pl.Series, comma: bool) -> tuple[tuple[str, str], ...] | None:
    """How the cells are read as numbers, None if they are words. A few that are none make no words of the others."""
    import polars as pl

    def share(steps: Sequence[tuple[str, str]], must: str = "") -> float:
        cells = known
        if must:
            cells = cells.filter(cells.str.contains(must))
            if (
                len(cells) < len(known)
                and len(cells)
                + int(known.filter(~known.str.contains(must)).cast(pl.Float64, strict=False).is_not_null().sum())
                < len(known) * 0.9
            ):
                return 0.0
        for pattern, other in steps:
            known_cells = cells.str.replace_all(pattern, other)
            cells = known_cells
        return 1 - cells.cast(pl.Float64, strict=False).null_count() / max(1, len(cells))

    if comma:
        if bool(known.str.contains(_GROUPED_COMMA).all()):
            return COMMA
        stripped = known.str.replace_all(*_SIGNS[0])
        if bool(stripped.str.contains(_GROUPED_COMMA).all()) and bool(stripped.str.contains(r"\d").all()):
            return (*_SIGNS, *COMMA)
        fits = int(known.str.contains(_GROUPED_COMMA).sum()) / len(known)
        return COMMA if fits >= 0.9 and len(known) >= 10 else None
    plain = share(PLAIN)
    if plain == 1:
        return PLAIN
    if bool(known.str.contains(_LARGE).all()) and known.str.extract(r"([A-Za-z]?)$").n_unique() > 1:
        return _POWERS
    digits = known.filter(known.str.contains(r"\d"))
    if len(digits) >= 0.9 * len(known) and len(digits):
        signed = digits.str.replace_all(*_SIGNS[0])
        grouped = int(digits.str.contains(_GROUPED).sum())
        if grouped and share(_THOUSANDS) >= 0.9 and _only(digits, _GROUPED):
            return _THOUSANDS
        money = int(digits.str.contains(_MONEY).sum())
        if money >= 0.9 * len(digits):
            steps = (*_SIGNS, *_THOUSANDS) if int(signed.str.contains(_GROUPED).sum()) else _SIGNS
            if share(steps) >= 0.9:
                return steps
    return PLAIN if plain >= 0.9 and len(known) >= 10 else None


def _only(cells: pl.Series, grouped: str) -> bool:
    """Whether each cell is a number, or one with marks of thousands."""
    import polars as pl

    others = cells.filter(~cells.str.contains(grouped))
    return others.cast(pl.Float64, strict=False).null_count() == 0


def _all_steps(comma: bool) -> tuple[tuple[str, str], ...]:
    return (*_SIGNS, *COMMA) if comma else (*_SIGNS, *_THOUSANDS)


def as_words(base: ExaminedColumn, series: pl.Series) -> ExaminedColumn:
    """A column as a category of the words that stand in it."""
    series = spelled(series)
    counts = dict(series.drop_nulls().value_counts().sort(series.name).rows())
    words = sorted(counts, key=in_order(counts))
    return replace(base, kind="category", words=tuple(words), counts=tuple(counts[word] for word in words), typed=False)


def _asked(column: ExaminedColumn, series: pl.Series, first: bool) -> ExaminedColumn:
    """The column with what has to be asked about it: codes, ratings, ids, texts."""
    import polars as pl

    name, shown, rows = column.name, quoted(column.name, 40), len(series)
    lower = name.lower().strip()
    if column.kind == "number":
        return _asked_number(column, series, first)
    if column.typed or series.dtype != pl.String:
        return column
    pictures = sum(count for word, count in zip(column.words, column.counts) if re.search(_PICTURE, word))
    if pictures >= 0.8 * sum(column.counts):
        return replace(column, kind="text", role="image path")
    if lower in _PARTS and {word.lower() for word in column.words} <= PART_WORDS.keys():
        return replace(column, role="part")
    if column.distinct > min(MOST_WORDS, 0.5 * rows):
        spaces = series.drop_nulls().str.count_matches(r"\s").mean()
        if isinstance(spaces, float) and spaces >= 3:
            return replace(column, kind="text", role="text")
    several = sum(count for word, count in zip(column.words, column.counts) if ";" in word)
    if several > 0.2 * sum(column.counts) and column.distinct <= MOST_WORDS:
        said = f"{shown} has several answers in a cell, with ; between them: each combination is a word of its own"
        return replace(column, remarks=(*column.remarks, said))
    if column.distinct > 2 and in_scale(column.words):
        words = ", ".join(ordered(column.words))
        return ask(column, f"{shown} has words with an order ({words})", ("category", "ordered category"))
    if column.distinct > MOST_WORDS or (column.distinct == rows > 20):
        return left_out(column, f"{shown} has {column.distinct:,} different words in {rows:,} rows, so it is left out")
    return column


def _asked_number(
    column: ExaminedColumn, series: pl.Series, first: bool, known: PlainColumn | None = None
) -> ExaminedColumn:
    name, shown, lower = column.name, quoted(column.name, 40), column.name.lower().strip()

    def numbers() -> pl.Series:
        return series.to_frame().select(number(name, column.typed, column.steps)).to_series().drop_nulls()

    if known is not None:
        whole, low, high = known.whole, known.low, known.high
    else:
        values = numbers()
        whole, low, high = bool((values == values.floor()).all()), values.min(), values.max()
    ends = isinstance(low, float | int) and isinstance(high, float | int) and column.steps == PLAIN
    if ends and high >= LEAST and (format := as_numbered_dates(column, numbers())):
        return numbered_dates(column, format, numbers()[0])
    if isinstance(low, float | int) and low < -100:
        above = numbers().filter(numbers() > low).min()
        code = code_for_missing(float(low), above)  # type: ignore[arg-type]
        if code:
            many = int((numbers() == low).sum())
            why = f"{shown} has {code} in {many:,} row{'s' * (many > 1)}, which may mean that nothing was measured,"
            column = ask(column, why, ("number", WITHOUT))
            (guess,) = column.asks
            labels = ("a number", f"{code} is missing")
            offered = tuple((label, value) for label, (_, value) in zip(labels, guess.choices))
            return replace(column, asks=(replace(guess, choices=offered),))
    if not whole or not isinstance(low, float) or not isinstance(high, float):
        return column
    if is_zip(name):
        return as_code(as_words(column, series), f"{shown} looks like zip codes")
    unique = len(series) - column.missing > 20 and column.distinct == len(series)
    running = unique and low in (0, 1) and bool((numbers().diff().drop_nulls() == 1).all())
    named = bool(re.search(r"(^|[\W_])(id|index|no|nr|uuid|key)$", lower)) or name.endswith(("Id", "ID"))
    if unique and (named or (running and (first or lower.startswith(("unnamed", "column "))))):
        return left_out(column, f"{shown} numbers the rows, so it is left out")
    if named and re.search(r"(id|Id|ID|uuid|key)$", name) and 2 < column.distinct < len(series) - column.missing:
        return names_again(column, len(series))
    if 2 < column.distinct <= 11 and 0 <= low <= 1 and high <= 10 and high - low + 1 <= column.distinct + 2:
        return ask(column, f"{shown} has whole numbers from {low:g} to {high:g}", KINDS[:3])
    return _asked_code(column, series, low, high)


def _asked_code(column: ExaminedColumn, series: pl.Series, low: float, high: float) -> ExaminedColumn:
    """Whole numbers that may be names are asked about."""
    why, rather = looks_like(column.name, low, high)
    if why and rather:
        few = column.distinct <= MOST_WORDS
        column = as_words(column, series) if few else replace(column, kind="text", role="text", typed=False)
    said = f"{quoted(column.name, 40)} {why}"
    return ask(column, said, ("number", "category", "text")) if why else column
