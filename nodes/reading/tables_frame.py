"""Tables in text as rows of a polars frame.

A file of text gives columns of text, as it stands there: what is a number, the columns themselves say (polars decides
by the first rows, and 01234 becomes 1234). Files that know their types keep their numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.schema import Guess, NoData, Skipped
from nodes.api.words import listed, quoted
from nodes.reading.tables_count import begin_counting
from nodes.reading.tables_dialect import HEAD, MISSING, Dialect, decoded, is_number, one_blank, records, sniff

if TYPE_CHECKING:
    import polars as pl

WHOLE = 24_000_000  # bytes of a file that is read as a whole to be looked at; of a larger one a sample of its rows
BLOCK = 24_000  # bytes in one place of a large file
BLOCKS = 16


_FOOT = 4  # rows at the end that may sum up the others
_FOOTED = 8  # rows of a table that may have such
_SUMS_UP = re.compile(
    r"(?i:(grand |sub)?totals?|sum|average|avg|mean|median|summe|gesamt|mittelwert|durchschnitt|moyenne|suma)[.:]?"
)


class EveryRowCounts(Exception):
    """Rows have to be left out, and a sample does not say which."""


@dataclass(frozen=True)
class TableReading:
    """How a file is read: the settings of a source that say so. ``uneven`` is one of skip, fill and stop; ``look`` one
    of auto and every row."""

    encoding: str = "auto"
    separator: str = "auto"
    header: str = "auto"
    decimal: str = "auto"
    uneven: str = "auto"
    sheet: str = ""
    look: str = "auto"


@dataclass(frozen=True)
class TableRows:
    """The rows of a file, or a sample of them.

    ``names`` are those of the columns; ``frame`` has them as its columns. ``counted`` is the number of rows in the
    file, or what waits for it while it is counted. ``whole`` says whether the frame holds all, ``bare`` that no cell of
    text has blanks at its ends. ``place`` gives the row in the file, counted from 1, of a row of the frame.
    ``dialect`` is None where the file is no text. ``regular`` says that polars reads the text as it stands, ``at`` in
    which record of the file the first row is. ``sheets`` is the column with the name of the sheet of each row, where
    several were put together. ``out`` are rows below the header that are none, counted from 0 there.
    """

    kind: str
    names: tuple[str, ...]
    frame: pl.DataFrame
    counted: int | Callable[[], int]
    whole: bool
    place: Callable[[int], int]
    dialect: Dialect | None = None
    regular: bool = False
    at: int = 0
    out: tuple[int, ...] = ()
    sheet: str = ""
    sheets: str = ""
    skipped: tuple[Skipped, ...] = ()
    skipped_count: int = 0
    remarks: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()
    bare: bool = False

    @property
    def total(self) -> int:
        """The number of rows in the file.

        Raises:
            EveryRowCounts: if they cannot be counted as they stand there.
        """
        return self.counted if isinstance(self.counted, int) else self.counted()


def read_text(path: Path, how: TableReading) -> TableRows:
    """The rows of a text; of a large one a sample."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
    dialect = sniff(head, encoding=how.encoding, separator=how.separator, header=how.header, decimal=how.decimal)
    if how.look != "every row" and is_sampled(size, dialect):
        sampled = _sample(path, size, dialect)
        if sampled is not None:
            return sampled
    data = path.read_bytes()
    try:
        text = decoded(data, dialect.encoding)
    except UnicodeDecodeError as error:
        if how.encoding != "auto" or dialect.encoding.startswith("utf-16"):
            raise NoData(
                f"{path.name} is not written in {dialect.encoding.replace('-sig', '')}: the byte at {error.start:,} "
                "is none of it. Choose another encoding."
            ) from None
        dialect = replace(dialect, encoding="cp1252")
        text = decoded(data, "cp1252")
    return _all_of(path.name, text, dialect, how)


def is_sampled(size: int, dialect: Dialect) -> bool:
    """Whether a text of so many bytes is looked at by some of its rows."""
    return size > WHOLE and dialect.encoding in ("utf-8", "utf-8-sig")


def _all_of(name: str, text: str, dialect: Dialect, how: TableReading) -> TableRows:
    """Every row of a text.

    Raises:
        NoData: if a quotation mark swallows rows.
    """
    import polars as pl

    if dialect.encoding == "utf-8" and "\r" not in text.replace("\r\n", "\n"):
        lines = text.split("\n")
        plain = '"' not in text
        if plain and lines and not lines[-1]:
            lines.pop()
        separators = dialect.width - 1
        if (
            plain
            and not any(len(line) < 2 and not line.strip() for line in lines)
            and not dialect.titles
            and "\r" not in lines
        ):
            if all(line.count(dialect.separator) == separators for line in lines):
                frame = read_regular(text.encode(), dialect, 0)
                return named(name, frame, dialect, how, lambda row: row + 1, regular=True)
    rows: list[list[str]] = []
    places: list[int] = []
    uneven: list[tuple[int, int, int]] = []
    row: list[str] = []
    lined = io.StringIO(text, newline="")
    reader = csv.reader(map(one_blank, lined) if dialect.separator == " " else lined, delimiter=dialect.separator)
    place = seen = 0
    width = dialect.width
    try:
        for place, row in enumerate(reader, start=1):
            if len(row) < 2 and not "".join(row).strip():
                continue  # a blank line
            seen += 1
            if seen <= dialect.titles:
                continue
            if seen == dialect.titles + 1 and dialect.header and len(row) != width:
                row = ([""] * (width - len(row)) + row)[:width]  # R leaves out the name of the column of row names
            if len(row) == width:
                rows.append(row)
            elif len(row) == width + 1 and not row[-1].strip():
                rows.append(row[:-1])  # a separator at the end of the row
            else:
                uneven.append((place, len(row), sum(cell.count("\n") for cell in row)))
                if how.uneven != "fill":
                    continue
                rows.append([*row, *[""] * width][:width])
            places.append(place)
    except csv.Error:
        raise NoData(
            f'{name} has a cell without an end near row {place + 1:,}: a quotation mark (") opens it and none closes '
            "it. Mend that row."
        ) from None
    swallowed = sum(cell.count("\n") for cell in row) if place and text.count('"') % 2 else 0
    if swallowed and how.uneven == "auto":
        raise NoData(
            f'Row {place:,} of {name} opens a quotation mark (") that none closes, so that {swallowed:,} '
            f"line{'s' if swallowed > 1 else ''} after it would be one cell. Mend that row, or leave out the rest.",
            choices=((f"leave out all from row {place:,} on", "uneven", "skip"),),
        )
    frame = pl.DataFrame(rows, schema=letters(width), orient="row")
    found = named(name, frame, replace(dialect, titles=0), how, lambda row: places[row])
    made = _uneven(name, found, uneven, dialect, how)
    for at, cells in zip(places, rows):
        inner = [line for cell in cells if "\n" in cell for line in cell.split("\n")[1:-1]]
        like = sum(line.count(dialect.separator) == width - 1 for line in inner)
        if like and like == len(inner):
            said = f"Row {at:,} has {like:,} lines in one cell that look like rows: a quotation mark opens there"
            made = replace(made, remarks=(*made.remarks, said))
            break
    if swallowed:
        said = f"In row {place:,} a quotation mark opens that none closes: the {swallowed:,} lines after it are lost"
        made = replace(made, remarks=(*made.remarks, said), skipped_count=made.skipped_count + swallowed)
    return made


def _uneven(
    name: str, found: TableRows, uneven: list[tuple[int, int, int]], dialect: Dialect, how: TableReading
) -> TableRows:
    """What is said of rows that have more or fewer fields than the others."""
    titles = above(dialect.titles)
    remarks = (titles, *found.remarks) if dialect.titles else found.remarks
    found = replace(found, dialect=dialect, remarks=remarks)
    if not uneven:
        return found
    place, fields, _ = uneven[0]
    others = f"{len(uneven) - 1:,} more row{' is' if len(uneven) == 2 else 's are'}"
    more = f", and {others} uneven" if len(uneven) > 1 else ""
    has = f"{fields} field{'' if fields == 1 else 's'}"
    said = f"Row {place:,} of {name} has {has}, where others have {dialect.width}{more}"
    if how.uneven == "stop":
        raise NoData(f"{said}. Mend it, or let uneven rows be skipped or filled.")
    choices = (("leave out", "skip"), ("fill or cut", "fill"), ("stop", "stop"))
    doing = "filled with empty cells or cut" if how.uneven == "fill" else "left out"
    guess = Guess(
        "uneven",
        f"{said}; {'they are' if more else 'it is'} {doing}.",
        choices,
        "fill" if how.uneven == "fill" else "skip",
    )
    if how.uneven == "fill":
        return replace(found, guesses=(*found.guesses, guess))
    out = tuple(Skipped(f"row {at:,}", _why_uneven(n, dialect.width, lines)) for at, n, lines in uneven[:200])
    return replace(
        found,
        guesses=(*found.guesses, guess),
        skipped=(*found.skipped, *out),
        skipped_count=found.skipped_count + len(uneven),
    )


def _why_uneven(fields: int, width: int, breaks: int) -> str:
    """Why a row is left out; ``breaks`` are the line breaks within its cells."""
    has = f"It has {fields} field{'' if fields == 1 else 's'}, not {width}"
    return f"{has}, and reaches over {breaks + 1:,} lines: a quotation mark opens in it." if breaks else f"{has}."


def read_regular(data: bytes, dialect: Dialect, skip: int) -> pl.DataFrame:
    """A text whose rows all have the same number of fields, without header, from its line ``skip`` on."""
    import polars as pl

    return pl.read_csv(data, has_header=False, separator=dialect.separator, skip_lines=skip, infer_schema=False)


def letters(width: int) -> dict[str, Any]:
    """Columns of text under the names that polars gives them."""
    import polars as pl

    return {f"column_{number}": pl.String for number in range(width)}


def named(
    name: str,
    frame: pl.DataFrame,
    dialect: Dialect,
    how: TableReading,
    place: Callable[[int], int],
    regular: bool = False,
) -> TableRows:
    """A frame of all rows with the names of its columns, those of the header or made up."""
    skip = dialect.titles + int(dialect.header)
    header = [str(cell or "").strip() for cell in frame.row(dialect.titles)] if dialect.header and len(frame) else []
    second = _second_header(header, frame.slice(skip)) if header else []
    names, remarks = column_names(second or header, frame.width)
    frame = frame.slice(skip)
    frame.columns = list(names)
    out = no_rows(frame, header) if header else {}
    if second:
        out[0] = "It is the second row of the header."
        remarks.append("The header has two rows: each column is called by both")
    kept = [row for row in range(len(frame)) if row not in out] if out else []
    skipped = tuple(Skipped(f"row {place(row + skip):,}", why) for row, why in list(out.items())[:200])
    frame = frame[kept] if kept else frame
    guesses = []
    if how.header == "auto" and not dialect.sure_header:
        said = "The first row is read as names" if dialect.header else "The first row is read as a row of the table"
        choices = (("names", "yes"), ("a row of data", "no"))
        guesses.append(Guess("header", f"{said}.", choices, "yes" if dialect.header else "no"))
    if dialect.titles:
        remarks.insert(0, above(dialect.titles))
    return TableRows(
        "csv", names, frame, len(frame), True, lambda row: place((kept[row] if kept else row) + skip), dialect,
        regular, skip, tuple(out), skipped=skipped, skipped_count=len(out), remarks=tuple(remarks),
        guesses=tuple(guesses),
    )  # fmt: skip


def _second_header(header: Sequence[str], frame: pl.DataFrame) -> list[str]:
    """The names of columns by two rows, where cells of the first were merged: ``Math,,English,`` above ``test 1,test 2,
    test 1,test 2``. Empty if there is no second one: it is all words where the rows below have numbers, and the first
    has gaps in the middle."""
    if len(frame) < 3 or not any(before and not after for before, after in pairwise(header)):
        return []
    below = [str(cell or "").strip() for cell in frame.row(0)]
    rows = frame.slice(1, 50).rows()
    told = any(any(row[at] and is_number(str(row[at])) for row in rows) for at, name in enumerate(header) if not name)
    if not told or not all(below) or any(is_number(cell) for cell in below):
        return []
    names, last = [], ""
    for name, under in zip(header, below):
        last = name or last
        names.append(f"{last}: {under}" if last else under)
    return names if len(set(names)) == len(names) else []


def no_rows(frame: pl.DataFrame, header: Sequence[str]) -> dict[int, str]:
    """Which rows below a header are no samples, and why: the header once more, as where files were put behind each
    other, and units in the first row (s, °C)."""
    import polars as pl

    found: dict[int, str] = {}
    same = frame.select(at=pl.int_range(pl.len()), same=pl.nth(0).str.strip_chars() == header[0]).filter("same")
    for row in same["at"].to_list() if any(header[:1]) else ():
        if [str(cell or "").strip() for cell in frame.row(row)] == list(header):
            found[row] = "It is the header once more."
    if len(frame) >= _FOOTED:
        found |= _totals(frame)
    if len(found) == len(frame) or 0 in found or len(frame) < 4:
        return {} if len(found) == len(frame) else found
    first = [str(cell or "").strip() for cell in frame.row(0)]
    below = (
        frame.slice(1, 50).filter(~pl.int_range(1, pl.len() + 1).is_in(list(found))).to_dict(as_series=False).values()
    )
    units, again = [], False
    for cell, column in zip(first, below):
        cells = [each for each in map(str.strip, filter(None, column)) if each]
        if cell and cells and all(map(is_number, cells)):
            units.append(cell)
        elif cell not in MISSING:
            again = again or cell in cells  # it is a word of the samples, so this is one
    if len(units) > 1 and not again and not any(is_number(cell) or cell in MISSING for cell in units):
        shown = listed([quoted(cell, 12) for cell in units], most=3)
        found[0] = f"It has no number where all others have one, but {shown}, as units are written."
    return found


def _totals(frame: pl.DataFrame) -> dict[int, str]:
    """Rows at the end that sum up those above: Total, Average. A table whose other rows have that word has none."""
    found = {}
    firsts = [next((str(c).strip() for c in row if c and str(c).strip()), "") for row in frame.tail(_FOOT).rows()]
    words = [bool(_SUMS_UP.fullmatch(first)) for first in firsts]
    for at in range(len(firsts) - 1, -1, -1):
        if firsts[at] and not words[at]:
            break
        row = len(frame) - len(firsts) + at
        found[row] = f"It sums up the rows above ({firsts[at]})." if firsts[at] else "It is empty."
    above = frame.head(len(frame) - len(found)).to_series(0)
    again = above.str.strip_chars().str.contains(f"^{_SUMS_UP.pattern}$").any()
    return {} if again or not any(words) else found


def above(titles: int) -> str:
    return "A row above the header is left out" if titles == 1 else f"{titles} rows above the header are left out"


def column_names(header: Sequence[str], width: int) -> tuple[tuple[str, ...], list[str]]:
    """A name of its own for each column, and what is odd about those in the header."""
    counts: Counter[str] = Counter()
    taken = {cell for cell in header if cell}
    names: list[str] = []
    twice: list[str] = []
    for number in range(width):
        cell = header[number] if number < len(header) else ""
        wanted = cell or f"column {number + 1}"
        counts[wanted] += 1
        made = wanted
        while counts[wanted] > 1 and (made in names or made in taken):
            made = f"{wanted} ({counts[wanted]})"
            if made in names or made in taken:
                counts[wanted] += 1
        if made != wanted and wanted not in twice:
            twice.append(wanted)
        names.append(made)
    remarks = [f"Several columns are called {quoted(name, 40)}; they are numbered" for name in twice]
    return tuple(names), remarks


def free_name(wanted: str, names: Sequence[str]) -> str:
    """A name that no column has yet."""
    return next(
        made for made in (wanted, *(f"{wanted} ({number})" for number in range(2, len(names) + 3))) if made not in names
    )


def _sample(path: Path, size: int, dialect: Dialect) -> TableRows | None:
    """Rows from all over a large file, and how many it has; None where they cannot be told apart so."""
    with path.open("rb") as file:
        first = file.read(4 * BLOCK).removeprefix(b"\xef\xbb\xbf")
        if b"\r" in first.replace(b"\r\n", b""):
            return None
        parts = [first[: first.rfind(b"\n") + 1]]
        for number in range(1, BLOCKS + 1):
            file.seek(max(4 * BLOCK, (size - BLOCK) * number // BLOCKS))
            block = file.read(BLOCK)
            ended = number == BLOCKS
            parts.append(block[block.find(b"\n") + 1 : None if ended else block.rfind(b"\n") + 1])
    import polars as pl

    skip = dialect.titles + int(dialect.header)
    counting = begin_counting(path, dialect.separator)  # while the sample is read and looked into
    header = records(first[: first.rfind(b"\n") + 1].decode("utf-8", "replace"), dialect.separator, skip)
    names, remarks = column_names(
        [cell.strip() for cell in header[-1]] if dialect.header and header else [], dialect.width
    )
    quotes = any(b'"' in part for part in parts)
    try:
        if quotes:
            # A block may begin within a cell of several lines: rows that do not fit are no sign of anything.
            rows = [row for part in parts for row in records(part.decode("utf-8"), dialect.separator)]
            rows = [row for row in rows[skip:] if len(row) == dialect.width]
            frame = pl.DataFrame(rows, schema=letters(dialect.width), orient="row")
        else:
            data = b"".join(parts)
            separator = dialect.separator.encode()
            lines = data.split(b"\n")
            if {line.count(separator) for line in lines[skip:-1]} - {dialect.width - 1}:
                return None
            frame = read_regular(data, dialect, skip)
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None
    frame.columns = list(names)

    def place(row: int) -> int:
        return row + skip + 1

    def counted() -> int:
        lines = counting()
        if lines is None:
            raise EveryRowCounts
        return lines - skip

    bare = not quotes and _is_bare(data, separator)
    return TableRows("csv", names, frame, counted, False, place, dialect, True, skip, remarks=tuple(remarks), bare=bare)


def _is_bare(data: bytes, separator: bytes) -> bool:
    """Whether a text without quotes has no blanks at all, but for those between its cells and rows."""
    blanks = (b" ", b"\t", b"\v", b"\f", b"\r")
    return data.isascii() and not any(blank in data for blank in blanks if blank != separator)
