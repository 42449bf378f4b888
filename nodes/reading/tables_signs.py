"""Whether a file is a table, by its name and its first bytes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from nodes.api.schema import Recognised
from nodes.reading.tables_count import begin_counting
from nodes.reading.tables_dates import moment_of
from nodes.reading.tables_dialect import HEAD, NoTable, decoded, records, sniff
from nodes.reading.tables_files import ENDINGS, parts_of_table
from nodes.reading.tables_frame import is_sampled
from nodes.reading.tables_log import is_log

_HEAD = 20_000  # bytes of a series that are looked at
_SERIES = 40  # rows from which on dates and numbers are a series: a window of 24 and some of what follows it
_MOMENTS = (
    "%Y-%m", "%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y",
    "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S.%f %z", "%Y-%m-%d %H:%M:%S.%f",
    "%b %Y", "%B %Y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y",
    "%Y%m%d", "%Y-%b", "%b-%Y", "%Y-Q", "%b-%y", "%b %y", "%y-%b", "%d-%b-%y", "%d.%m.%y",
)  # fmt: skip

YEARS = ("year", "years", "jahr", "année", "annee", "año", "ano", "anno", "date", "time")


def recognise(path: Path) -> Recognised | None:
    """Whether a file is a table, by its ending and its first bytes."""
    if path.is_dir():
        parts = parts_of_table(path)
        return Recognised({"path": str(path)}, 0.95) if parts and _is_parquet(parts[0]) else None
    if not path.is_file():
        return None
    ending = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head[:4] == b"PAR1":
        return Recognised({"path": str(path)}, 0.95)
    if ending in ENDINGS["excel"] and head[:4] in (b"PK\3\4", b"\xd0\xcf\x11\xe0"):
        return Recognised({"path": str(path)}, 0.9)
    if ending in ENDINGS["json"]:
        if holds_strokes(head):
            return None
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:2]
        if start[:1] == b"{" and ending != ".json":
            return Recognised({"path": str(path)}, 0.7)
        return Recognised({"path": str(path)}, 0.6) if start[:1] in (b"[", b"{") and len(head) > 2 else None
    if is_log(path):
        return Recognised({"path": str(path)}, 0.9)
    if (
        ending not in ENDINGS["csv"]
        or not head.strip()
        or head.lstrip().lower().startswith((b"<!doctype html", b"<html"))
    ):
        return None
    try:
        dialect = sniff(head)
    except (NoTable, UnicodeError):
        return None
    if ending in (".csv", ".tsv", ".tab"):
        if is_sampled(path.stat().st_size, dialect):
            begin_counting(path, dialect.separator)  # while the other sources look whether it is theirs
        return Recognised({"path": str(path)}, 0.8)
    sure = 0.7 if ending == ".data" and dialect.width > 2 and dialect.separator in ",;\t" else 0.55  # as of the UCI
    return Recognised({"path": str(path)}, sure) if dialect.width > 1 else None


def holds_strokes(head: bytes) -> bool:
    """Whether the begin of a file is that of drawings as strokes of the pen, as QuickDraw has them in .ndjson."""
    return b'"drawing"' in head and b'"key_id"' in head and b'"word"' in head


def has_columns(path: Path) -> int:
    """How many columns a text has, whatever its ending says; 0 where there are none."""
    try:
        with path.open("rb") as file:
            dialect = sniff(file.read(HEAD))
    except (NoTable, OSError, UnicodeError):
        return 0
    return dialect.width if dialect.width > 2 and dialect.separator in ",;\t" else 0


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def is_dated_number(path: Path) -> bool:
    """Whether the beginning of a text is a column of dates that grow from row to row, and one of numbers."""
    if path.suffix.lower() not in (".csv", ".tsv", ".tab", ".txt"):
        return False
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        dialect = sniff(head)
        if dialect.width != 2:
            return False
        head = head[:_HEAD]
        rows = records(decoded(head, dialect.encoding), dialect.separator)
        years = dialect.header and rows[dialect.titles][0].strip().lower() in YEARS
    except (NoTable, OSError, UnicodeError):
        return False
    rows = rows[dialect.titles + int(dialect.header) :]
    if len(head) == _HEAD:
        rows = rows[:-1]  # it may be cut
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len(rows) < _SERIES or any(len(row) != 2 for row in rows):
        return False
    numbers = [row[1].strip().replace(",", ".") for row in rows if row[1].strip()]
    if not numbers or not all(_is_number(cell) for cell in numbers):
        return False
    for format in (*_MOMENTS, *(("%Y",) if years else ())):
        try:
            moments = [moment_of(row[0].strip(), format) for row in rows]
        except ValueError:
            continue
        if all(before < after for before, after in pairwise(moments)):
            return True
    return False


def is_number_a_line(path: Path) -> bool:
    """Whether the beginning of a text is one number in each line, or a word above them; and enough of them."""
    if path.suffix.lower() not in (".txt", ".dat"):
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        lines = head.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeError):
        return False
    if len(head) == _HEAD:
        lines = lines[:-1]  # it may be cut
    cells = [line.strip() for line in lines if line.strip()]
    cells = cells[1:] if cells and not _is_number(cells[0]) else cells
    return len(cells) >= _SERIES and all(map(_is_number, cells)) and len(set(cells)) > 2


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
