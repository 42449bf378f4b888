"""Tables with columns of text: their rows as they stand, also where a text holds single quotation marks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nodes.api.schema import MOST_SKIPPED, PARTS, Guess, NoData, Skipped
from nodes.api.words import listed, quoted
from nodes.reading.parallel_texts import SEPARATOR, parallel_files, parallel_lines, parallel_texts
from nodes.reading.parallel_texts import stamp as stamp_of_parallel
from nodes.reading.tables_dialect import HEAD, Dialect, NoTable, decoded, encoding_of, records, sniff
from nodes.reading.tables_files import kind_of, read
from nodes.reading.tables_files import stamp as stamp_of
from nodes.reading.tables_frame import TableReading, TableRows
from nodes.reading.tables_script import rows_lines
from nodes.reading.text_columns import MARK, marked, marks_labels, names_columns
from nodes.reading.texts import pieces, written

FIRST_BLANK, DICTIONARY = "first blank", ".dict"  # a separator, and files that have it
FULL = 2_000  # rows by which columns are found


@dataclass(frozen=True)
class TextTable:
    """A table that was read. ``cells`` are its columns by their names; ``quoted`` is False where quotation marks are
    a part of the text. ``begins`` gives, where it was read of several files, the first row of each, its name, and which
    of PARTS it is."""

    path: Path
    rows: TableRows
    cells: dict[str, list[str]]
    stamp: str
    quotes: bool = True
    begins: tuple[tuple[int, str, str], ...] = ()

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self.cells)

    @property
    def first(self) -> list[list[str]]:
        """The first rows."""
        return [list(row) for row in zip(*(cells[:FULL] for cells in self.cells.values()))]

    def where(self, row: int) -> str:
        """A row as people find it."""
        name = next((name for first, name, _ in reversed(self.begins) if first <= row), "")
        return f"{name}, row {self.rows.place(row):,}" if name else f"row {self.rows.place(row):,}"

    def part(self, row: int) -> int:
        """Which of PARTS a row belongs to; -1 where nothing says it."""
        part = next((part for first, _, part in reversed(self.begins) if first <= row), "")
        return PARTS.index(part) if part else -1

    def column(self, name: str) -> list[str]:
        """A column.

        Raises:
            NoData: if there is none of that name.
        """
        if name not in self.cells:
            raise NoData(
                f"{self.path.name} has no column {quoted(name, 40)}. It has: {listed(self.cells, letters=30)}."
            )
        return self.cells[name]


def text_table(path: Path, how: TableReading) -> TextTable:
    """The rows of a table.

    Raises:
        NoData: if it cannot be read as one, with the remedy.
        OSError: if the file cannot be read.
    """
    if parallel_files(path) is not None:
        mark = stamp_of_parallel(path)
        made = parallel_texts(path, how)
        if stamp_of_parallel(path) != mark:
            raise NoData(f"{path.name} was changed while it was read. Look at it again.")
        return TextTable(path, made.rows, made.cells, mark, False, made.begins)
    mark = stamp_of(path)
    if how.separator == FIRST_BLANK or (how.separator == "auto" and path.suffix.lower() == DICTIONARY):
        rows, cells = _dictionary(path, how)
        if stamp_of(path) != mark:
            raise NoData(f"{path.name} was changed while it was read. Look at it again.")
        return TextTable(path, rows, cells, mark, False)
    if how.separator == "auto" and is_marked(path):
        rows, cells = _marked(path, how)
        if stamp_of(path) != mark:
            raise NoData(f"{path.name} was changed while it was read. Look at it again.")
        return TextTable(path, rows, cells, mark, False)
    asked = how.header
    chosen = _header(path, how) if asked == "auto" else how.header
    how = replace(how, header=chosen, look="every row")
    plain = _plain(path, how)
    if plain is None:
        rows = read(path, how)
        frame = rows.frame
        cells = {name: [_cell(value) for value in frame[name].to_list()] for name in rows.names}
    else:
        rows, cells = plain
    if stamp_of(path) != mark:
        raise NoData(f"{path.name} was changed while it was read. Look at it again.")
    if asked == "auto" and rows.dialect is not None and chosen != "auto":
        choices = (("the first row names the columns", "yes"), ("the first row is data", "no"))
        said = "The first row is read as names" if chosen == "yes" else "The first row is read as data"
        rows = replace(rows, guesses=(*rows.guesses, Guess("header", f"{said}.", choices, chosen)))
    return TextTable(path, rows, cells, mark, plain is None)


def _header(path: Path, how: TableReading) -> str:
    """Whether the first row names the columns, where that is not sure: by the names that such tables have."""
    if kind_of(path) != "csv":
        return "auto"
    with path.open("rb") as file:
        head = file.read(HEAD)
    try:
        dialect = sniff(head, encoding=how.encoding, separator=how.separator)
        if dialect.sure_header:
            return "auto"
        text = head.decode(dialect.encoding, "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    except (NoTable, UnicodeError):
        return "auto"
    rows = records(text, dialect.separator)[dialect.titles :]
    return "yes" if rows and names_columns(rows[0]) else "no"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(path: Path, how: TableReading) -> tuple[TableRows, dict[str, list[str]]] | None:
    """A table with tabs, line by line, where it has quotation marks: in a text they need not come in pairs, and read
    as those of a table they would swallow rows."""
    if kind_of(path) != "csv":
        return None
    with path.open("rb") as file:
        head = file.read(HEAD)
    try:
        dialect = sniff(head, encoding=how.encoding, separator=how.separator, header=how.header)
    except NoTable:
        return None  # the reader of tables says it in a sentence
    if dialect.separator != "\t":
        return None
    try:
        text = decoded(path.read_bytes(), dialect.encoding)
    except UnicodeDecodeError:
        return None
    if '"' not in text:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rows = [(number, line.split("\t")) for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        return None
    widths = [len(row) for _, row in rows]
    width = max(set(widths), key=widths.count)
    if width < 2 or widths.count(width) < 0.98 * len(rows):
        return None
    even = [(number, [_unquoted(cell) for cell in row]) for number, row in rows if len(row) == width]
    names = [f"column {number + 1}" for number in range(width)]
    if dialect.header and len(even) > 1:
        names = [cell.strip() or names[place] for place, cell in enumerate(even[0][1])]
        if len(set(names)) < width:
            return None
        even = even[1:]
    places = [number for number, _ in even]
    skipped = tuple(
        Skipped(f"row {number:,}", f"It has {len(row)} fields, not {width}.")
        for number, row in rows
        if len(row) != width
    )
    import polars as pl

    cells = {name: [row[place] for _, row in even] for place, name in enumerate(names)}
    found = TableRows(
        "csv", tuple(names), pl.DataFrame(), len(even), True, lambda row: places[row], dialect, skipped=skipped,
        skipped_count=len(skipped),
    )  # fmt: skip
    return found, cells


def _dictionary(path: Path, how: TableReading) -> tuple[TableRows, dict[str, list[str]]]:
    """A word in each line, and behind the first blank its sounds, as dictionaries of pronunciation have it."""
    found = written(path, how.encoding)
    text = "".join(pieces(found, lower=False))
    words: list[str] = []
    others: list[str] = []
    places: list[int] = []
    skipped: list[Skipped] = []
    gone = 0
    for number, line in enumerate(text.split("\n"), start=1):
        entry = entry_of(line)
        if len(entry) == 2:
            words.append(entry[0])
            others.append(entry[1])
            places.append(number)
        elif entry:
            gone += 1
            if gone <= MOST_SKIPPED:
                skipped.append(Skipped(f"row {number:,}", "It has nothing behind its first word."))
    if not words:
        raise NoData(f"{path.name} has no line with a word and something behind it. Choose another separator.")
    import polars as pl

    names = ("column 1", "column 2")
    dialect = Dialect(found.encoding, " ", 2, 0, False, False, False)
    rows = TableRows(
        "csv", names, pl.DataFrame(), len(words), True, lambda row: places[row], dialect, skipped=tuple(skipped),
        skipped_count=gone,
    )  # fmt: skip
    return rows, dict(zip(names, (words, others)))


def is_marked(path: Path) -> bool:
    """Whether a file has a label before each of its texts, as fastText writes them."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        return marks_labels(head.decode(encoding_of(head), "replace").removeprefix("\ufeff"))
    except (NoTable, OSError, UnicodeError):
        return False


def _marked(path: Path, how: TableReading) -> tuple[TableRows, dict[str, list[str]]]:
    """The labels and texts of a file for fastText. Of several labels the first one counts."""
    found = written(path, how.encoding)
    text = "".join(pieces(found, lower=False))
    cells: dict[str, list[str]] = {"text": [], "label": []}
    places: list[int] = []
    skipped: list[Skipped] = []
    gone = several = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        labels, rest = marked(line)
        if labels and rest:
            cells["text"].append(rest)
            cells["label"].append(labels[0])
            places.append(number)
            several += len(labels) > 1
        else:
            gone += 1
            if gone <= MOST_SKIPPED:
                skipped.append(Skipped(f"row {number:,}", "It has no text." if labels else f"It has no {MARK}."))
    if not places:
        raise NoData(f"{path.name} has no line with a {MARK} and a text behind it. Choose another file.")
    import polars as pl

    remarks: tuple[str, ...] = ()
    if several:
        many = "row has" if several == 1 else "rows have"
        remarks = (f"{several:,} {many} several labels, of which the first counts",)
    dialect = Dialect(found.encoding, MARK, 2, 0, False, False, False)
    rows = TableRows(
        "csv", tuple(cells), pl.DataFrame(), len(places), True, lambda row: places[row], dialect,
        skipped=tuple(skipped), skipped_count=gone, remarks=remarks,
    )  # fmt: skip
    return rows, cells


def entry_of(line: str) -> list[str]:
    """A line of a dictionary as its word and what stands behind it, without comments; ``read(2)`` is another way to
    say ``read``."""
    if line.startswith((";;;", "#")):
        return []
    entry = line.partition(" #")[0].strip().split(None, 1)
    return [re.sub(r"\([0-9]+\)$", "", entry[0]), *entry[1:]] if entry else []


def _unquoted(cell: str) -> str:
    inner = cell[1:-1]
    if len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def lines_of(table: TextTable, columns: Sequence[str]) -> tuple[list[str], list[str], str]:
    """Lines that make a list ``rows`` of the cells of these columns, the imports, and the package."""
    if table.quotes:
        lines, imports, package = rows_lines(table)
        lines += [
            "def cell(value):",
            '    """A cell of the table as text."""',
            '    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)',
            "",
            "",
            f"rows = [[cell(value) for value in row] for row in table.select({list(columns)!r}).rows()]",
        ]
        return lines, imports, package
    dialect = table.rows.dialect
    assert dialect is not None
    if dialect.separator == SEPARATOR:
        return parallel_lines(table.path, columns), [], ""
    places = [table.names.index(name) for name in columns]
    if dialect.separator == " ":
        strict = ', errors="replace"' if dialect.encoding == "cp1252" else ""
        lines = [
            *inspect.getsource(entry_of).rstrip().splitlines(),
            "",
            "",
            f"with open({str(table.path)!r}, encoding={dialect.encoding!r}{strict}) as file:",
            '    entries = [entry_of(line) for line in file.read().removeprefix("\\ufeff").split("\\n")]',
            f"rows = [[entry[at] for at in {places!r}] for entry in entries if len(entry) == 2]",
        ]
        return lines, ["import re"], ""
    errors = ', errors="replace"' if dialect.encoding == "cp1252" else ""
    if dialect.separator == MARK:
        order = {"text": "text", "label": "labels[0]"}
        lines = [
            f"MARK = {MARK!r}",
            "",
            "",
            *inspect.getsource(marked).rstrip().splitlines(),
            "",
            "",
            f"with open({str(table.path)!r}, encoding={dialect.encoding!r}{errors}) as file:",
            '    entries = [marked(line) for line in file.read().removeprefix("\\ufeff").split("\\n")]',
            f"rows = [[{', '.join(order[name] for name in columns)}] for labels, text in entries if labels and text]",
        ]
        return lines, [], ""
    lines = [
        "def unquoted(cell):",
        '    """A cell without the quotation marks around all of it."""',
        "    inner = cell[1:-1]",
        """    whole = len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', "")""",
        """    return inner.replace('""', '"') if whole else cell""",
        "",
        "",
        f"with open({str(table.path)!r}, encoding={dialect.encoding!r}{errors}) as file:",
        '    rows = [line.split("\\t") for line in file.read().removeprefix("\\ufeff").split("\\n") if line.strip()]',
        f"rows = [[unquoted(row[at]) for at in {places!r}] for row in rows if len(row) == {len(table.names)}]"
        + ("[1:]" if dialect.header else ""),
    ]
    return lines, [], ""
