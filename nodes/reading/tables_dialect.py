"""How a text file writes a table: its encoding, what stands between the cells, and whether it has a header."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

HEAD = 100_000  # bytes that are looked at
_NEARLY = 0.9  # of the lines
_ROWS = 200  # that are looked at
MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "?", "-", "--")
ENCODINGS = ("auto", "utf-8", "utf-16", "latin-1")
SEPARATORS = {",": ",", ";": ";", "tab": "\t", "|": "|", "space": " "}
_NUMBER = re.compile(r"[+-]?[$€£¥]?\s?(\d[\d.,' ]*|[.,]\d+)([eE][+-]?\d+)?\s?[%€]?")
_PARTED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?")
_YEAR = re.compile(r"(1[89]|20)\d\d")
_TARGETS = ("label", "class", "target", "y")  # the only names of tables whose other columns have none


class NoTable(ValueError):
    """This file is no table. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """``encoding`` in Python's words, ``separator`` one letter, ``width`` the number of columns, ``titles`` the number
    of records above the header that are no part of the table. ``comma`` says that fractions have a comma.
    ``sure_header`` is False where the first row could be either."""

    encoding: str
    separator: str
    width: int
    titles: int
    header: bool
    comma: bool
    quotes: bool
    sure_header: bool = True


def encoding_of(head: bytes) -> str:
    """The encoding of a text by its first bytes.

    Raises:
        NoTable: if it is no text.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head[:4000]:
        even, odd = head[:4000:2].count(0), head[1:4000:2].count(0)
        for encoding, zeros in (("utf-16-le", odd), ("utf-16-be", even)):
            text = head[: len(head) // 2 * 2][:4000].decode(encoding, "replace")
            strange = sum(ord(letter) < 32 and letter not in "\t\n\r" for letter in text)
            if zeros > len(text) * 0.4 and not strange:
                return encoding
        raise NoTable("It holds bytes that no text has. Choose a file with text.")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decoded(data: bytes, encoding: str) -> str:
    """``data`` as text. A few bytes have no letter in Windows' own alphabet; they become marks."""
    return data.decode(encoding, errors="replace" if encoding == "cp1252" else "strict").removeprefix("\ufeff")


def sniff(
    head: bytes, *, encoding: str = "auto", separator: str = "auto", header: str = "auto", decimal: str = "auto"
) -> Dialect:
    """How the file writes, by its first bytes, each setting that is not ``auto`` taken as it is.

    Raises:
        NoTable: if it is no text.
    """
    return _sniffed(head, encoding, separator, header, decimal)


def forget() -> None:
    """Let go of what was found of the files that were looked at last."""
    _sniffed.cache_clear()
    first_records.cache_clear()


@lru_cache(maxsize=4)  # every source that may know the file asks about the same bytes
def _sniffed(head: bytes, encoding: str, separator: str, header: str, decimal: str) -> Dialect:
    names = {"utf-16": "utf-16", "latin-1": "cp1252", "utf-8": "utf-8"}
    found = names[encoding] if encoding != "auto" else encoding_of(head)
    if encoding == "utf-16" and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16-be" if head[:4000:2].count(0) > head[1:4000:2].count(0) else "utf-16-le"
    decoder = codecs.getincrementaldecoder(found)(errors="replace")
    text = decoder.decode(head).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(head) >= HEAD and "\n" in text:
        text = text[: text.rfind("\n") + 1]  # the last one is cut off
    if not text.strip():
        raise NoTable("It is empty. Choose a file with rows.")
    mark = SEPARATORS[separator] if separator != "auto" else _separator(text)
    rows = records(text, mark, _ROWS)
    width = _width(rows)
    titles = _comments(rows)
    while titles < min(20, len(rows) - 1) and _is_title(rows, titles, width):
        titles += 1
    table = rows[titles:]
    if len(table[0]) == width - 1 > 1 and not any(row[-1].strip() for row in table if len(row) == width):
        width -= 1  # a separator ends each row but that of the names, and begins no column
    comma = decimal == "," if decimal != "auto" else _has_comma(table[1:] or table, mark)
    says, sure = _header(table)
    chosen = says if header == "auto" else header == "yes"
    return Dialect(found, mark, width, titles, chosen, comma, '"' in text, sure or header != "auto")


@lru_cache(maxsize=2)  # asked for the same bytes by several sources that may know the file
def first_records(head: bytes, most: int) -> tuple[Dialect, list[list[str]]]:
    """How the file writes, by its first bytes, and its first ``most`` rows that are as wide as the others.

    Raises:
        NoTable: if it is no text.
    """
    dialect = sniff(head)
    text = head.decode(encoding_of(head), "replace").removeprefix("\ufeff")
    rows = records(text.replace("\r\n", "\n").replace("\r", "\n"), dialect.separator, most)
    return dialect, [row for row in rows if len(row) == dialect.width]


def one_blank(line: str) -> str:
    """A line whose columns stand below each other, with one blank between its cells: several, or tabs, are one."""
    return " ".join(line.split()) + "\n"


def records(text: str, separator: str, most: int | None = None) -> list[list[str]]:
    """The rows of a text as their cells, blank ones left out; the first ``most`` alone if given."""
    lines = text.splitlines(keepends=True)
    rows = csv.reader(map(one_blank, lines) if separator == " " else lines, delimiter=separator)
    found: list[list[str]] = []
    with suppress(csv.Error):  # one cell of more than 128 kB: no quote closes it
        found.extend(islice((row for row in rows if row), most))
    return found


def _width(rows: list[list[str]]) -> int:
    """The number of fields that most rows have; of two the larger."""
    counts = Counter(len(row) for row in rows)
    return max(counts, key=lambda width: (counts[width], width))


def _comments(rows: list[list[str]]) -> int:
    """How many rows at the beginning are remarks behind a #, which may have as many fields as the others. The last of
    them is the header, as ``numpy.savetxt`` writes it, where data follows and it has a name for each column. Where all
    rows begin so, they are rows of the table."""
    count = next((at for at, row in enumerate(rows) if not row[0].startswith("#")), 0)
    if not count or len(rows[count - 1]) != len(rows[count]) or (count > 1 and len(rows) == count + 1):
        return count
    return count - (not _header(rows[count:])[0])


def _separator(text: str) -> str:
    lines = text[: text.rfind("\n", 0, 20_000) + 1 or 20_000] if len(text) > 20_000 else text
    best, reached = ",", (0.0, False, 0, 0)
    if mark := _between_quotes(lines):
        return mark
    # In this order where two do equally well: a comma stands in numbers and a space in words.
    for rank, mark in enumerate((" ", ",", "|", ";", "\t")):
        rows = records(lines, mark, _ROWS)
        if len(text) > len(lines):
            rows = rows[:-1] or rows
        width = _width(rows) if rows else 1
        if width < 2:
            continue
        same = sum(len(row) == width for row in rows) / len(rows)
        if mark == " " and not all(is_number(cell) for cell in rows[-1] if cell):
            if width < 3 or same < 1 or len(rows) < 4 or _columns_of_numbers(rows[1:], width) < width / 2:
                continue
        score = (round(min(same, 0.98), 1), same == 1, rank, width)
        # A tab behind numbers that stand below each other (auto-mpg) parts no cells but these; between two sentences it
        # does.
        within = (
            best == " "
            and reached[0] >= 0.98
            and width == 2 < reached[3]
            and all(is_number(cell) or cell in MISSING for row in rows for cell in row[0].split())
        )
        if score > reached and same > 0.5 and not within:
            best, reached = mark, score
    return best


def _between_quotes(text: str) -> str:
    """What stands between cells in quotation marks in nearly each line, as in ``"3","Title","All is well &amp; good"``:
    then no other sign parts them. Empty where it is not so. A list in a cell has such marks as well, ``["a","b"]``, but
    doubled ones where the cell stands in quotation marks, and no line that begins or ends with one where not."""
    lines = [line.strip() for line in text.split("\n")[:_ROWS] if line.strip()]
    if sum(line.startswith('"') or line.endswith('"') for line in lines) < _NEARLY * len(lines):
        return ""
    for mark in SEPARATORS.values() if len(lines) > 1 else ():
        between = re.compile(f'(?<!")"{re.escape(mark)}"(?!"|{re.escape(mark)})')
        if mark != " " and sum(bool(between.search(line)) for line in lines) >= _NEARLY * len(lines):
            return mark
    return ""


def _columns_of_numbers(rows: list[list[str]], width: int) -> int:
    """How many columns hold numbers, and nothing else than what stands for a missing one."""
    return sum(all(is_number(row[at]) or row[at] in MISSING for row in rows) for at in range(width))


def is_number(cell: str) -> bool:
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell)) or cell.lower() in ("nan", "inf", "-inf", "+inf")


def _is_title(rows: list[list[str]], at: int, width: int) -> bool:
    """Whether a row stands above the header: it has fewer cells than the others, or nothing but its first one where
    those of nearly all others are filled, as a spreadsheet writes a title."""
    row = rows[at]
    if len(row) < width:
        return _filled(row) <= max(1, width // 2)
    if width < 3 or not row[0].strip() or _filled(row) > 1 or is_number(row[0]):
        return False
    full = sum(_filled(each) >= width - 1 for each in rows[at + 1 :])
    return full >= _NEARLY * (len(rows) - at - 1) - 3  # of a few rows, other titles


def _filled(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _has_comma(rows: list[list[str]], separator: str) -> bool:
    """Whether fractions are written with a comma."""
    if not any("," in cell for row in rows for cell in row):
        return False
    points = commas = 0
    for row in rows:
        for cell in row:
            if "," not in cell and "." not in cell:
                continue
            cell = cell.strip(" %€$£¥")
            if "," in cell and re.fullmatch(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+", cell):
                # 1,234 between quotes in a file with commas is a thousand, as in all of the English world.
                commas += separator != "," or not re.fullmatch(r"[+-]?\d{1,3},\d{3}", cell)
            elif re.fullmatch(r"[+-]?(\d{1,3}(,\d{3})+|\d*)\.\d+", cell):
                points += not _PARTED.fullmatch(cell)
    return commas > points


def _header(rows: list[list[str]]) -> tuple[bool, bool]:
    """Whether the first row names the columns, and whether that is sure."""
    if len(rows) < 2:
        return not any(is_number(cell) for cell in rows[0] if cell.strip()), False
    first = [cell.strip() for cell in rows[0]]
    below = rows[1:200]
    if _names_days(first, below):
        return True, True
    if any(is_number(cell) or _DATE.fullmatch(cell) for cell in first if cell):
        years = all(is_number(cell) for cell in first if cell) and len(set(first)) == len(first)
        return False, not years
    for column in range(len(first)):
        cells = [row[column].strip() for row in below if column < len(row) and row[column].strip()]
        if (
            first[column]
            and cells
            and sum(is_number(cell) or bool(_DATE.fullmatch(cell)) for cell in cells) > len(cells) / 2
        ):
            return True, True
    # Words alone: a header has another word in each column, and none of them comes again below it.
    again = any(
        cell and sum(column < len(row) and row[column].strip() == cell for row in below) > 0
        for column, cell in enumerate(first)
    )
    filled = [cell for cell in first if cell]
    blank = all(first[at] or not any(at < len(row) and row[at].strip() for row in below) for at in range(len(first)))
    named = len(first) - len(filled) < 2 or blank or all(cell.lower() in _TARGETS for cell in filled)
    return not again and named and 0 < len(set(filled)) == len(filled), False


def _names_days(first: list[str], below: list[list[str]]) -> bool:
    """Whether words and then days or years name the columns, as ``Country,1/22/20,1/23/20`` and ``Country,1960,1961``:
    below, there are numbers that are none."""
    dated = [at for at, cell in enumerate(first) if _DATE.fullmatch(cell) or _YEAR.fullmatch(cell)]
    words = [cell for cell in first if cell and not is_number(cell) and not _DATE.fullmatch(cell)]
    if len(dated) < 3 or not words or len(dated) + len(words) < len([cell for cell in first if cell]):
        return False
    if len({first[at] for at in dated}) < len(dated):
        return False
    years = [int(first[at]) for at in dated if _YEAR.fullmatch(first[at])]
    if any(later - earlier != years[1] - years[0] for earlier, later in pairwise(years)):
        return False
    cells = [row[at].strip() for row in below for at in dated if at < len(row) and row[at].strip()]
    other = sum(is_number(cell) and not _YEAR.fullmatch(cell) and not _DATE.fullmatch(cell) for cell in cells)
    return bool(cells) and other > 0.8 * len(cells)
