"""The rows of a sheet of an Excel file, or of all its sheets with the same columns."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from nodes.api.schema import Guess, NoData
from nodes.api.words import cut, listed, quoted
from nodes.reading.tables_dialect import Dialect, sniff
from nodes.reading.tables_frame import TableReading, TableRows, free_name, letters, named

if TYPE_CHECKING:
    import fastexcel
    import polars as pl

ALIKE = "*"  # in the place of a sheet's name, which no sheet can have: all with the same columns
_HEAD = 400  # rows that decide how a sheet is written
_MOST_ALIKE = 200  # sheets that are put behind each other
_LARGEST = 64_000_000  # bytes of a sheet that are looked through for formulas
_FORMULA = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d+)"[^>]*>\s*<f(?:\s[^>]*?)?(?:/>|>([^<]*)</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_VALUE = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})\d+"[^>]*>(?:(?!</c>).)*?<(?:v>[^<]|is>)', re.DOTALL)
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_excel(path: Path, how: TableReading) -> TableRows:
    """The rows of a sheet.

    Raises:
        NoData: if there are none, with the remedy.
    """
    try:
        import fastexcel
    except ImportError:
        raise NoData(
            f"{path.name} is an Excel file, and what reads it is not installed. Run: pip install netloom[data]"
        ) from None
    try:
        book = fastexcel.read_excel(str(path))
        sheets = book.sheet_names
        if how.sheet not in ("", ALIKE) and how.sheet not in sheets:
            raise NoData(f"{path.name} has no sheet {quoted(how.sheet, 40)}. It has: {', '.join(sheets[:10])}.")
        told = "" if how.sheet == ALIKE else how.sheet
        sheet = told or next((each for each in sheets if _has_rows(book, each)), sheets[0])
        frame, places = _cells(book, sheet)
        if not len(frame):
            raise NoData(f"The sheet {cut(sheet, 40)} of {path.name} is empty. Choose another sheet.")
        dialect = _dialect(frame, how)
        owners: dict[int, str] = {}
        alike = _alike(book, sheet, frame, dialect) if len(sheets) > 1 and dialect.header else []
        if how.sheet == ALIKE:
            frame, places, owners = _together(book, sheet, frame, places, alike)
    except fastexcel.FastExcelError as error:
        said = str(error).split("Context:")[0].rpartition("error:")[2].strip().partition(" (")[0]
        raise NoData(
            f"{path.name} is damaged, locked or no Excel file ({cut(said, 80)}). Save it again, or save its sheet as "
            "CSV."
        ) from None
    found = named(path.name, frame, dialect, how, lambda row: places[row] + 1)
    if alike and how.sheet == ALIKE:
        found = _with_sheets(found, owners)
    guesses, remarks = found.guesses, found.remarks
    if len(sheets) > 1:
        guesses += (_asked(sheet, sheets, alike, how),)
    for each in (sheet, *(name for name, _ in alike)) if how.sheet == ALIKE else (sheet,):
        remarks += tuple(_without_values(path, each, found))
    return replace(found, kind="excel", guesses=guesses, remarks=remarks, sheet=ALIKE if how.sheet == ALIKE else sheet)


def sheets_read(path: Path, rows: TableRows) -> list[tuple[str, int]]:
    """The sheets of which a table was read, each with the rows above what belongs to the table."""
    import fastexcel

    if rows.sheet != ALIKE:
        return [(rows.sheet, rows.at)]
    book = fastexcel.read_excel(str(path))
    first = next((each for each in book.sheet_names if _has_rows(book, each)), book.sheet_names[0])
    frame, _ = _cells(book, first)
    assert rows.dialect is not None
    return [(first, rows.at), *_alike(book, first, frame, rows.dialect)]


def _asked(sheet: str, sheets: list[str], alike: list[tuple[str, int]], how: TableReading) -> Guess:
    choices = [(name, name) for name in sheets[:50]]
    if how.sheet == ALIKE and not alike:
        said = f"The sheet {quoted(sheet, 40)} is read alone, of {len(sheets)}: no other has the same columns."
    elif how.sheet == ALIKE:
        said = (
            f"The {len(alike) + 1} sheets with the same columns are read as one table, each row with the name of its "
        )
        said += "sheet."
    elif alike:
        others = listed([quoted(name, 30) for name, _ in alike], most=4)
        have = "has" if len(alike) == 1 else "have"
        said = f"The sheet {quoted(sheet, 40)} is read, of {len(sheets)}; {others} {have} the same columns."
    else:
        said = f"The sheet {quoted(sheet, 40)} is read, of {len(sheets)}."
    if alike:
        choices.insert(0, ("both together" if len(alike) == 1 else f"all {len(alike) + 1} together", ALIKE))
    return Guess("sheet", said, tuple(choices), ALIKE if how.sheet == ALIKE else sheet)


def _has_rows(book: fastexcel.ExcelReader, sheet: str) -> bool:
    """Whether a sheet could be a table: several rows and columns. Books often begin with one of notes."""
    frame = book.load_sheet(sheet, header_row=None, n_rows=50, dtypes="string").to_polars()
    return bool(frame.width > 1 and len(frame) > 1)


def _cells(book: fastexcel.ExcelReader, sheet: str, most: int | None = None) -> tuple[pl.DataFrame, list[int]]:
    """The rows of a sheet that are not empty, and where each stands, counted from 0."""
    import polars as pl

    # All as text: fastexcel decides by 1,000 rows and makes null of what comes otherwise later.
    frame = book.load_sheet(sheet, header_row=None, n_rows=most, dtypes="string").to_polars().cast(pl.String)
    if not frame.width or not len(frame):
        return pl.DataFrame(), []
    frame.columns = list(letters(frame.width))
    places = [number for number, row in enumerate(frame.rows()) if any(cell for cell in row)]
    return frame[places], places


def _dialect(frame: pl.DataFrame, how: TableReading) -> Dialect:
    """How many rows stand above the header, and whether there is one."""

    def sniffed(rows: pl.DataFrame) -> Dialect:
        text = io.StringIO()
        csv.writer(text, delimiter="\t").writerows([cell or "" for cell in row] for row in rows.rows())
        return sniff(
            text.getvalue().encode(), separator="tab", header=how.header, decimal=how.decimal, encoding="utf-8"
        )

    dialect = sniffed(frame.head(_HEAD))
    titles = 0
    full = Counter(sum(cell is not None and cell != "" for cell in row) for row in frame.head(_HEAD).rows())
    usual = max(full, key=lambda width: (full[width], width))
    while titles < min(20, len(frame) - 1):
        filled = sum(cell is not None and cell != "" for cell in frame.row(titles))
        if filled > max(1, usual // 2):
            break
        titles += 1
    if titles:
        dialect = sniffed(frame[titles:_HEAD])
    return replace(dialect, titles=titles, width=frame.width)


def _header(row: tuple[str | None, ...]) -> list[str]:
    return [(cell or "").strip() for cell in row]


def _alike(book: fastexcel.ExcelReader, sheet: str, frame: pl.DataFrame, dialect: Dialect) -> list[tuple[str, int]]:
    """The other sheets with the same header, each with the number of its rows down to that."""
    wanted = _header(frame.row(dialect.titles))
    found = []
    for name in book.sheet_names[:_MOST_ALIKE]:
        if name == sheet:
            continue
        other, _ = _cells(book, name, 60)
        at = next((n for n, row in enumerate(other.head(21).rows()) if _header(row) == wanted), None)
        if at is not None and len(other) > at + 1:
            found.append((name, at + 1))
    return found


def _together(
    book: fastexcel.ExcelReader, sheet: str, frame: pl.DataFrame, places: list[int], alike: list[tuple[str, int]]
) -> tuple[pl.DataFrame, list[int], dict[int, str]]:
    """A sheet with the rows of others below it, where each stands, and of which sheet the row at a place is. The rows
    of the others are counted on."""
    import polars as pl

    frames, places = [frame], list(places)
    owners = dict.fromkeys(places, sheet)
    for name, skip in alike:
        other, _ = _cells(book, name)
        frames.append(other.slice(skip))
        more = range(places[-1] + 1, places[-1] + 1 + len(frames[-1]))
        places += more
        owners |= dict.fromkeys(more, name)
    return pl.concat(frames), places, owners


def _with_sheets(found: TableRows, owners: dict[int, str]) -> TableRows:
    """The rows with a last column that says of which sheet each is: the sheet may be the year, the class or the group
    of its rows."""
    import polars as pl

    name = free_name("sheet", found.names)
    cells = [owners[found.place(row) - 1] for row in range(len(found.frame))]
    frame = found.frame.with_columns(pl.Series(name, cells, dtype=pl.String))
    return replace(found, names=(*found.names, name), frame=frame, sheets=name)


def _without_values(path: Path, sheet: str, found: TableRows) -> list[str]:
    """Sentences on formulas of which the file does not say what comes out: other programs than Excel write such. Only
    looked for where cells are missing."""
    if path.suffix.lower() not in (".xlsx", ".xlsm") or not any(
        series.null_count() for series in found.frame.get_columns()
    ):
        return []
    try:
        with zipfile.ZipFile(path) as book, book.open(_file_of(book, sheet)) as file:
            text = file.read(_LARGEST)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, ElementTree.ParseError):
        return []
    cells: dict[int, list[tuple[int, str]]] = {}
    for letter, row, formula in _FORMULA.findall(text):
        cells.setdefault(_number(letter), []).append((int(row), formula.decode("utf-8", "replace")))
    if not cells:
        return []
    first = min((_number(letter) for letter in _VALUE.findall(text)), default=0)  # where the frame begins
    said = []
    for column, formulas in sorted(cells.items())[:5]:
        name = found.names[column - first] if 0 <= column - first < len(found.names) else ""
        row, formula = min(formulas)
        what = f"{len(formulas):,} formula{'' if len(formulas) == 1 else 's'}"
        where = f"{quoted(name, 40)} has" if name else f"The column {_letter(column)} has"
        written = f" (={cut(formula, 30)} in row {row:,})" if formula else f" (first in row {row:,})"
        said.append(
            f"{where} {what} without a stored value{written}, which count as empty. Open {cut(path.name, 40)} in Excel "
            "or LibreOffice and save it there"
        )
    return said


def _file_of(book: zipfile.ZipFile, sheet: str) -> str:
    """Where the cells of a sheet stand in an .xlsx file."""
    main = ElementTree.fromstring(book.read("xl/workbook.xml"))
    ids = {each.get("name"): each.get(_LINK) for each in main.iter(f"{_MAIN}sheet")}
    links = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    targets = {each.get("Id"): each.get("Target") or "" for each in links}
    target = targets[ids[sheet]]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _number(letter: bytes) -> int:
    """The number of a column, from 0, by its letters."""
    number = 0
    for each in letter:
        number = number * 26 + each - 64
    return number - 1


def _letter(number: int) -> str:
    return (_letter(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)
