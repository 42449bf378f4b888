"""Files with tables as rows of a polars frame: CSV and its kin, Parquet, JSON lines and Excel.

A file of text gives columns of text, as it stands there: what is a number, the columns themselves say (polars decides
by the first rows, and 01234 becomes 1234). Files that know their types keep their numbers.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api.schema import Guess, NoData, Skipped
from nodes.api.words import cut, quoted
from nodes.reading.tables_dialect import HEAD, Dialect, NoTable, decoded, records, sniff

if TYPE_CHECKING:
    import polars as pl

WHOLE = 24_000_000  # bytes of a file that is read as a whole to be looked at; of a larger one a sample of its rows
BLOCK = 32_000  # bytes in one place of a large file
BLOCKS = 16
ENDINGS = {
    "csv": (".csv", ".tsv", ".tab", ".txt", ".data", ".dat"),
    "parquet": (".parquet", ".pq"),
    "json": (".jsonl", ".ndjson", ".json"),
    "excel": (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
}


@dataclass(frozen=True)
class Reading:
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
class Rows:
    """The rows of a file, or a sample of them.

    ``names`` are those of the columns; ``frame`` has them as its columns. ``total`` is the number of rows in the file,
    ``whole`` whether the frame holds all. ``place`` gives the row in the file, counted from 1, of a row of the frame.
    ``dialect`` is None where the file is no text. ``regular`` says that polars reads the text as it stands, ``at`` in
    which record of the file the first row is.
    """

    kind: str
    names: tuple[str, ...]
    frame: pl.DataFrame
    total: int
    whole: bool
    place: Callable[[int], int]
    dialect: Dialect | None = None
    regular: bool = False
    at: int = 0
    sheet: str = ""
    skipped: tuple[Skipped, ...] = ()
    skipped_count: int = 0
    remarks: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()


def kind_of(path: Path) -> str:
    """Which kind of file it is, by its first bytes and its ending: csv, parquet, json or excel."""
    with path.open("rb") as file:
        head = file.read(8)
    if head[:4] == b"PAR1":
        return "parquet"
    ending = path.suffix.lower()
    if head[:4] == b"PK\3\4" or head[:4] == b"\xd0\xcf\x11\xe0":
        return "excel"
    return next((kind for kind, endings in ENDINGS.items() if ending in endings and kind in ("json", "csv")), "csv")


def read(path: Path, how: Reading) -> Rows:
    """The rows of a file; of a text above WHOLE bytes a sample, unless ``how.look`` says otherwise.

    Raises:
        NoData: if there are none, with the remedy.
        OSError: if the file cannot be read.
    """
    name = path.name
    try:
        kind = kind_of(path)
        if kind == "csv":
            found = _text(path, how)
        elif kind == "parquet":
            found = _parquet(path, how)
        elif kind == "json":
            found = _json(path)
        else:
            found = _excel(path, how)
    except NoTable as reason:
        raise NoData(f"{name} is no table. {reason}") from None
    if not found.names:
        raise NoData(f"{name} has no columns. Choose a file with a table.")
    if not found.total:
        raise NoData(f"{name} has a header and no rows. Choose a file with rows.")
    return found


def stamp(path: Path) -> str:
    """Another one when the file has changed."""
    state = path.stat()
    return f"{state.st_size}:{state.st_mtime_ns}"


# ---- text


def _text(path: Path, how: Reading) -> Rows:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
    dialect = sniff(head, encoding=how.encoding, separator=how.separator, header=how.header, decimal=how.decimal)
    if size > WHOLE and how.look != "every row" and dialect.encoding in ("utf-8", "utf-8-sig"):
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


def _all_of(name: str, text: str, dialect: Dialect, how: Reading) -> Rows:
    """Every row of a text."""
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
                return _named(name, frame, dialect, how, lambda row: row + 1, regular=True)
    rows: list[list[str]] = []
    places: list[int] = []
    uneven: list[tuple[int, int]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.separator)
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
                uneven.append((place, len(row)))
                if how.uneven != "fill":
                    continue
                rows.append([*row, *[""] * width][:width])
            places.append(place)
    except csv.Error:
        raise NoData(
            f'{name} has a cell without an end near row {place + 1:,}: a quotation mark (") opens it and none closes '
            "it. Mend that row."
        ) from None
    frame = pl.DataFrame(rows, schema=_letters(width), orient="row")
    found = _named(name, frame, replace(dialect, titles=0), how, lambda row: places[row])
    return _uneven(name, found, uneven, dialect, how)


def _uneven(name: str, found: Rows, uneven: list[tuple[int, int]], dialect: Dialect, how: Reading) -> Rows:
    """What is said of rows that have more or fewer fields than the others."""
    titles = _above(dialect.titles)
    remarks = (titles, *found.remarks) if dialect.titles else found.remarks
    found = replace(found, dialect=dialect, remarks=remarks)
    if not uneven:
        return found
    place, fields = uneven[0]
    others = f"{len(uneven) - 1:,} more row{' is' if len(uneven) == 2 else 's are'}"
    more = f", and {others} uneven" if len(uneven) > 1 else ""
    has = f"{fields} field{'' if fields == 1 else 's'}"
    said = f"Row {place:,} of {name} has {has}, where others have {dialect.width}{more}"
    if how.uneven == "stop":
        raise NoData(f"{said}. Mend it, or let uneven rows be skipped or filled.")
    choices = (("leave uneven rows out", "skip"), ("fill or cut them", "fill"), ("stop", "stop"))
    doing = "filled with empty cells or cut" if how.uneven == "fill" else "left out"
    guess = Guess(
        "uneven",
        f"{said}; {'they are' if more else 'it is'} {doing}.",
        choices,
        "fill" if how.uneven == "fill" else "skip",
    )
    if how.uneven == "fill":
        return replace(found, guesses=(*found.guesses, guess))
    out = tuple(Skipped(f"row {at:,}", f"It has {n} fields, not {dialect.width}.") for at, n in uneven[:200])
    return replace(
        found,
        guesses=(*found.guesses, guess),
        skipped=(*found.skipped, *out),
        skipped_count=found.skipped_count + len(uneven),
    )


def read_regular(
    source: Any, dialect: Dialect, skip: int, schema: Any = None, nulls: Sequence[str] = ()
) -> pl.DataFrame:
    """A text whose rows all have the same number of fields, without header, from its line ``skip`` on."""
    import polars as pl

    typed: dict[str, Any] = {"schema": schema} if schema is not None else {"infer_schema": False}
    return pl.read_csv(
        source,
        has_header=False,
        separator=dialect.separator,
        skip_lines=skip,
        null_values=list(nulls) or None,
        decimal_comma=False,
        **typed,
    )


def _letters(width: int) -> dict[str, Any]:
    import polars as pl

    return {f"column_{number}": pl.String for number in range(width)}


def _named(
    name: str, frame: pl.DataFrame, dialect: Dialect, how: Reading, place: Callable[[int], int], regular: bool = False
) -> Rows:
    """A frame of all rows with the names of its columns, those of the header or made up."""
    skip = dialect.titles + int(dialect.header)
    header = [str(cell or "").strip() for cell in frame.row(dialect.titles)] if dialect.header and len(frame) else []
    names, remarks = column_names(header, frame.width)
    frame = frame.slice(skip)
    frame.columns = list(names)
    guesses = []
    if how.header == "auto" and not dialect.sure_header:
        said = "The first row is read as names" if dialect.header else "The first row is read as a row of the table"
        choices = (("the first row names the columns", "yes"), ("the first row is data", "no"))
        guesses.append(Guess("header", f"{said}.", choices, "yes" if dialect.header else "no"))
    if dialect.titles:
        remarks.insert(0, _above(dialect.titles))
    return Rows(
        "csv", names, frame, len(frame), True, lambda row: place(row + skip), dialect, regular, skip,
        remarks=tuple(remarks), guesses=tuple(guesses),
    )  # fmt: skip


def _above(titles: int) -> str:
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


def _sample(path: Path, size: int, dialect: Dialect) -> Rows | None:
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
    header = records(first[: first.rfind(b"\n") + 1].decode("utf-8", "replace"), dialect.separator)[:skip]
    names, remarks = column_names(
        [cell.strip() for cell in header[-1]] if dialect.header and header else [], dialect.width
    )
    quotes = any(b'"' in part for part in parts)
    try:
        if quotes:
            # A block may begin within a cell of several lines: rows that do not fit are no sign of anything.
            rows = [row for part in parts for row in records(part.decode("utf-8"), dialect.separator)]
            rows = [row for row in rows[skip:] if len(row) == dialect.width]
            frame = pl.DataFrame(rows, schema=_letters(dialect.width), orient="row")
        else:
            data = b"".join(parts)
            separator = dialect.separator.encode()
            lines = data.split(b"\n")
            if any(line.count(separator) != dialect.width - 1 for line in lines[skip:-1]):
                return None
            frame = read_regular(data, dialect, skip)
        total = _count(path, dialect, skip)
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None
    frame.columns = list(names)
    before = len(frame)

    def place(row: int) -> int:
        return row + skip + 1

    said = f"Kinds, classes and means were found in {before:,} of {total:,} rows"
    guess = Guess(
        "look", f"{said}.", (("look at a sample of rows", "auto"), ("look at every row", "every row")), "auto"
    )
    return Rows("csv", names, frame, total, False, place, dialect, True, skip, remarks=tuple(remarks), guesses=(guess,))


def _count(path: Path, dialect: Dialect, skip: int) -> int:
    """The number of rows, counted by polars in all threads; line breaks in quoted cells are none."""
    import polars as pl

    scan = pl.scan_csv(path, has_header=False, separator=dialect.separator, infer_schema=False)
    return int(scan.select(pl.len()).collect().item()) - skip


def read_large(rows: Rows, path: Path, numbers: frozenset[int], nulls: Sequence[str]) -> pl.DataFrame:
    """All rows of a large text of which a sample was looked at, the columns with these numbers as numbers.

    Raises:
        NoData: if a row is not as those of the sample.
    """
    import polars as pl

    assert rows.dialect is not None
    remedy = "Look at every row of it, so that this is noticed and can be chosen."
    schema = {name: pl.Float64 if at in numbers else pl.String for at, name in enumerate(rows.names)}
    try:
        frame = read_regular(path, rows.dialect, rows.at, schema, nulls)
    except pl.exceptions.PolarsError:
        try:  # a word among the numbers: the columns themselves find the row
            frame = read_regular(path, rows.dialect, rows.at, dict.fromkeys(rows.names, pl.String), nulls)
        except pl.exceptions.PolarsError as error:
            said = " ".join(str(error).split())[:120]
            raise NoData(f"{path.name} has rows that are not as those in its sample: {said}. {remedy}") from None
    last = rows.names[-1]
    if frame[last].null_count() and rows.dialect.width > 1:
        empty = frame.filter(pl.col(last).is_null())
        blank = empty.filter(pl.all_horizontal(pl.all().is_null()))
        if len(blank):
            raise NoData(f"{path.name} has {len(blank):,} blank rows. {remedy}")
        if short := _short(path, rows.dialect):
            raise NoData(f"Row {short:,} of {path.name} has too few fields. {remedy}")
    return frame


def _short(path: Path, dialect: Dialect) -> int:
    """The first row with too few fields; 0 if there is none."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for place, row in enumerate(csv.reader(file, delimiter=dialect.separator), start=1):
            if len(row) < dialect.width and place > dialect.titles:
                return place
    return 0


# ---- files that know their types


def _parquet(path: Path, how: Reading) -> Rows:
    import polars as pl

    try:
        frame = pl.read_parquet(path, glob=False)
    except pl.exceptions.PolarsError as error:
        said = " ".join(str(error).split())[:120]
        raise NoData(f"{path.name} is cut off or no Parquet file: {said}. Copy it again.") from None
    return _typed("parquet", frame, lambda row: row + 1)


def _json(path: Path) -> Rows:
    import polars as pl

    try:
        text = decoded(path.read_bytes(), "utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoData(f"{path.name} is not written in UTF-8: see the byte at {error.start:,}.") from None
    entries, places, skipped = _entries(path.name, text)
    columns: dict[str, list[Any]] = {}
    for number, entry in enumerate(entries):
        for key, value in entry.items():
            if key not in columns:
                columns[key] = [None] * number
            columns[key].append(value)
        for values in columns.values():
            if len(values) <= number:
                values.append(None)
    made = {}
    left = []
    for key, values in columns.items():
        if any(isinstance(value, dict | list) for value in values):
            left.append(Skipped(f"column {cut(key, 40)}", "It holds lists or further columns."))
        elif all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
            made[key] = pl.Series(key, [None if value is None else float(value) for value in values], pl.Float64)
        else:
            made[key] = pl.Series(key, [_spelled(value) for value in values], pl.String)
    found = _typed("json", pl.DataFrame(made), lambda row: places[row])
    return replace(found, skipped=(*left, *skipped), skipped_count=len(left) + len(skipped))


def _spelled(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _entries(name: str, text: str) -> tuple[list[dict[str, Any]], list[int], list[Skipped]]:
    """The objects of JSON lines, or those in an array."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        whole = lists[0] if len(lists) == 1 else [whole]
    if isinstance(whole, list):
        found = [entry for entry in whole if isinstance(entry, dict)]
        bad = [number for number, entry in enumerate(whole, start=1) if not isinstance(entry, dict)]
        places = [number for number, entry in enumerate(whole, start=1) if isinstance(entry, dict)]
        if not found:
            raise NoTable("Its array holds no objects with names and values.")
        return found, places, [Skipped(f"entry {number:,}", "It is no object with names and values.") for number in bad]
    entries, places, skipped = [], [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if isinstance(entry, dict):
            entries.append(entry)
            places.append(number)
        else:
            skipped.append(Skipped(f"row {number:,}", "It is no JSON object."))
    if not entries:
        raise NoTable("None of its rows is a JSON object.")
    return entries, places, skipped


def _typed(kind: str, frame: pl.DataFrame, place: Callable[[int], int]) -> Rows:
    """Numbers as Float64, words and dates as text; what holds lists is left out by name."""
    import polars as pl

    kept, skipped = [], []
    for series in frame.get_columns():
        dtype = series.dtype
        if dtype.is_numeric():
            kept.append(series.cast(pl.Float64))
        elif dtype == pl.Boolean or dtype == pl.String or isinstance(dtype, pl.Categorical | pl.Enum):
            kept.append(series.cast(pl.String))
        elif dtype == pl.Date or isinstance(dtype, pl.Datetime):
            kept.append(series.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S"))
        else:
            skipped.append(Skipped(f"column {cut(series.name, 40)}", "It holds lists or further columns."))
    made = pl.DataFrame(kept)
    names, remarks = column_names(made.columns, made.width)
    made.columns = list(names)
    return Rows(
        kind, names, made, len(frame), True, place, skipped=tuple(skipped), skipped_count=len(skipped),
        remarks=tuple(remarks),
    )  # fmt: skip


def _excel(path: Path, how: Reading) -> Rows:
    import polars as pl

    try:
        import fastexcel
    except ImportError:
        raise NoData(
            f"{path.name} is an Excel file, and what reads it is not installed. Run: pip install netloom[data]"
        ) from None
    try:
        book = fastexcel.read_excel(str(path))
        sheets = book.sheet_names
        if how.sheet and how.sheet not in sheets:
            raise NoData(f"{path.name} has no sheet {quoted(how.sheet, 40)}. It has: {', '.join(sheets[:10])}.")
        sheet = how.sheet or sheets[0]
        # All as text: fastexcel decides by 1,000 rows and makes null of what comes otherwise later.
        frame = book.load_sheet(sheet, header_row=None, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise NoData(f"{path.name} cannot be read as Excel: {' '.join(str(error).split())[:120]}.") from None
    if not frame.width or not len(frame):
        raise NoData(f"The sheet {cut(sheet, 40)} of {path.name} is empty. Choose another sheet.")
    frame = frame.cast(pl.String)
    frame.columns = list(_letters(frame.width))
    places = [number for number, row in enumerate(frame.rows()) if any(cell for cell in row)]
    frame = frame[places]
    text = io.StringIO()
    csv.writer(text, delimiter="\t").writerows([cell or "" for cell in row] for row in frame.head(400).rows())
    dialect = sniff(text.getvalue().encode(), separator="tab", header=how.header, decimal=how.decimal, encoding="utf-8")
    titles = 0
    full = Counter(sum(cell is not None and cell != "" for cell in row) for row in frame.head(400).rows())
    usual = max(full, key=lambda width: (full[width], width))
    while titles < min(20, len(frame) - 1):
        filled = sum(cell is not None and cell != "" for cell in frame.row(titles))
        if filled > max(1, usual // 2):
            break
        titles += 1
    if titles:
        text = io.StringIO()
        csv.writer(text, delimiter="\t").writerows([cell or "" for cell in row] for row in frame[titles:400].rows())
        dialect = sniff(
            text.getvalue().encode(), separator="tab", header=how.header, decimal=how.decimal, encoding="utf-8"
        )
    dialect = replace(dialect, titles=titles, width=frame.width)
    found = _named(path.name, frame, dialect, how, lambda row: places[row] + 1)
    guesses = found.guesses
    if not how.sheet and len(sheets) > 1:
        choices = tuple((name, name) for name in sheets[:50])
        guesses += (Guess("sheet", f"The sheet {quoted(sheet, 40)} is read, of {len(sheets)}.", choices, sheet),)
    return replace(found, kind="excel", guesses=guesses, sheet=sheet)
