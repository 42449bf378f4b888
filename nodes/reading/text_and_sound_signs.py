"""By which signs a file or folder is one of texts or of sounds: a few names and first bytes."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from nodes.api.schema import Recognised
from nodes.reading.archives import is_zip
from nodes.reading.folder_names import is_folder
from nodes.reading.json_rows import flat_rows
from nodes.reading.line_texts import are_parts, files_at, holds_numbers
from nodes.reading.listing import SIDECARS, TABLES, begins, ending, tells_of_others
from nodes.reading.parallel_texts import names_language, parallel_files
from nodes.reading.picture_signs import names_at
from nodes.reading.sounds import ENDINGS as SOUND_ENDINGS
from nodes.reading.tables_dialect import HEAD, Dialect, NoTable, encoding_of, first_records, records, sniff
from nodes.reading.tables_files import parts_of_table
from nodes.reading.text_columns import labelled_columns, names_columns, paired_columns, text_and_label
from nodes.reading.text_tables import entry_of, is_marked
from nodes.reading.texts import no_text
from nodes.reading.transcript_lists import TRANS, is_list, stem_of

TEXT_ENDINGS = frozenset({"txt", "text"})
LONG_ENDINGS = (*TEXT_ENDINGS, "md", "rst", "tex", "py", "html", "htm", "xml", "log", "srt", "tokens", "")
TABLE_ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".xlsx")
_FEW = 200  # rows that are looked at


def head_of(path: Path) -> bytes:
    """The begin of a file; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def text_file_at(path: Path) -> Recognised | None:
    """Whether a file is one long text."""
    kind = ending(path.name)
    if not path.is_file() or kind not in LONG_ENDINGS:
        return None
    head = head_of(path)
    if not head.strip() or no_text(head):
        return None
    settings = {"path": str(path)}
    if kind not in TEXT_ENDINGS:
        return Recognised(settings, 0.65 if kind == "tokens" else 0.4)
    try:
        dialect = sniff(head)
    except (NoTable, UnicodeError):
        return Recognised(settings, 0.6)
    prose = dialect.width == 1 or (dialect.separator in (",", ";") and _is_prose(head, dialect))
    return Recognised(settings, 0.65 if prose else 0.35)


def _is_prose(head: bytes, dialect: Dialect) -> bool:
    """Whether commas stand in sentences: with blanks behind them, and not as many in each line."""
    text = head.decode(dialect.encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
    rows = [row for row in records(text, dialect.separator, _FEW) if any(cell.strip() for cell in row)]
    later = [cell for row in rows for cell in row[1:] if cell]
    blanks = sum(cell[0] == " " and cell.strip()[:1].isalpha() for cell in later)
    uneven = sum(len(row) != dialect.width for row in rows)
    return bool(later) and blanks > 0.6 * len(later) and (uneven > 0.1 * len(rows) or len(rows) == 1)


def texts_at(path: Path) -> Recognised | None:
    """Whether a path holds labelled texts: folders of text files, or a table of a text and a label."""
    settings = {"path": str(path)}
    if (parquet := _parquet_rows(path)) is not None:
        return Recognised(settings, 0.96) if labelled_columns(*parquet) is not None else None
    if is_folder(path) or is_zip(path):
        if path.is_file() and ending(path.name) == "xlsx":
            return None
        every = names_at(path)
        names = [name for name in every if not tells_of_others(name)]
        if names and not any(ending(name) in TEXT_ENDINGS for name in names) and len(names) < len(every):
            return None  # a description beside what it describes is no set of texts
        files = files_at(path)
        if are_parts(files) or _are_numbers(path, every):
            return None  # one text in parts, or tables
        share = share_of(every, TEXT_ENDINGS)
        kinds = Counter(ending(name) for name in every)
        if sum(kinds[each] for each in TABLES) > sum(kinds[each] for each in TEXT_ENDINGS):
            return None  # tables with a description beside them
        if share < 0.5 and are_bare_texts(path):
            return Recognised(settings, 0.5)
        return Recognised(settings, 0.5 + 0.35 * share) if share >= 0.5 else None
    if is_marked(path):
        return Recognised(settings, 0.95)
    names, rows = _first_rows(path)
    if labelled_columns(names, rows) is not None:
        return Recognised(settings, 0.85)
    # A single text, or texts without labels: what a net that was trained on such is asked about.
    alone = ending(path.name) in (*TEXT_ENDINGS, "") and _is_plain(head_of(path)) and not holds_table(path)
    return Recognised(settings, 0.3) if alone or text_and_label(names, rows)[0] is not None else None


def _parquet_rows(path: Path) -> tuple[list[str], list[list[str]]] | None:
    """The columns and the first rows of a Parquet file, or of a folder of its parts; None where it is none."""
    files = parts_of_table(path) if is_folder(path) else [path] if ending(path.name) in ("parquet", "pq") else []
    if not files or not path.exists():
        return None
    import polars as pl
    from polars import selectors as cs

    try:
        frame = pl.scan_parquet(files[0], glob=False).select(~cs.nested() & ~cs.binary()).head(_FEW).collect()
    except (OSError, pl.exceptions.PolarsError):
        return None
    return frame.columns, [["" if cell is None else str(cell) for cell in row] for row in frame.rows()]


def _are_numbers(path: Path, names: Sequence[str]) -> bool:
    """Whether the text files of a folder hold numbers."""
    some = [path / name for name in names if ending(name) in TEXT_ENDINGS and not tells_of_others(name)][:16]
    return path.is_dir() and bool(some) and holds_numbers(some)


def begins_as_text(begin: bytes) -> bool:
    """Whether the first 12 bytes may be those of a text, whatever it is called."""
    return bool(begin.strip()) and not no_text(begin)


def are_bare_texts(path: Path) -> bool:
    """Whether a folder holds texts whose names have no ending, as those of the 20 Newsgroups are."""
    if not path.is_dir():
        return False
    names = names_at(path)
    bare = [name for name in names if not ending(name)]
    return len(bare) > 0.9 * len(names) and all(begins(path / name, begins_as_text) for name in bare[:16])


def _is_plain(head: bytes) -> bool:
    return bool(head.strip()) and not no_text(head)


def holds_table(path: Path) -> bool:
    """Whether a .txt file is a table with tabs, semicolons or strokes between its columns, or columns of numbers that
    stand below each other."""
    try:
        dialect = sniff(head_of(path))
    except (NoTable, UnicodeError):
        return False
    return dialect.width > 1 and dialect.separator in ("\t", ";", "|", " ")


def pairs_at(path: Path) -> Recognised | None:
    """Whether a file has two columns, each a sequence of letters or words, or two texts are pairs line by line."""
    folder = is_folder(path)
    if (folder or names_language(path)) and (texts := parallel_files(path)) is not None:
        known = all((head := head_of(each)).strip() and not no_text(head) for each in texts)
        return Recognised({"path": str(path)}, 0.9) if known else None
    if folder:
        return None
    if ending(path.name) == "dict":
        head = head_of(path)
        entries = [entry for line in head.decode("utf-8", "replace").split("\n")[:_FEW] if (entry := entry_of(line))]
        fits = bool(entries) and not no_text(head) and sum(len(entry) == 2 for entry in entries) >= 0.8 * len(entries)
        return Recognised({"path": str(path)}, 0.85) if fits else None
    names, rows = _first_rows(path)
    found = paired_columns(names, rows)
    return Recognised({"path": str(path)}, 0.86 if found[1] else 0.45) if found is not None else None


def sounds_at(path: Path) -> Recognised | None:
    """Whether sounds are what a path holds."""
    settings = {"path": str(path)}
    if path.is_file() and not is_zip(path):
        return Recognised(settings, 0.3) if ending(path.name) in SOUND_ENDINGS else None
    share = share_of(names_at(path), SOUND_ENDINGS)
    return Recognised(settings, 0.5 + 0.4 * share) if share >= 0.34 else None


def spoken_at(path: Path) -> Recognised | None:
    """Whether a path holds sounds with their texts: most have a text file beside them, or a table names texts. Less
    surely sounds alone, as those that a net is to spell."""
    settings = {"path": str(path)}
    alone = Recognised(settings, 0.2)
    if path.is_file() and not is_zip(path):
        return alone if ending(path.name) in SOUND_ENDINGS else None
    names = names_at(path)
    sounds = [name for name in names if ending(name) in SOUND_ENDINGS]
    if not sounds or share_of(names, SOUND_ENDINGS | {"txt"}) < 0.34:
        return None
    texts = [f"{name.rpartition('.')[0]}.txt" for name in sounds]
    if sum(_which_are_there(path, texts)) > 0.5 * len(sounds):
        return Recognised(settings, 0.95)
    if any(name.lower().endswith(TRANS) for name in names):
        return Recognised(settings, 0.95)
    tables = _tables_of(path, names) if path.is_dir() else []
    stems = {stem_of(name) for name in sounds}
    if any(is_list(head_of(table).decode("utf-8-sig", "replace").split("\n")[:-1], stems) for table in tables[:4]):
        return Recognised(settings, 0.95)
    return Recognised(settings, 0.95) if any(_names_texts(table) for table in tables[:4]) else alone


def _which_are_there(path: Path, names: Sequence[str]) -> list[bool]:
    """Which of these files a folder or zip file has. ``names_at`` gives only some of many, a sound without its text."""
    if path.is_dir():
        return [(path / name).is_file() for name in names]
    try:
        with zipfile.ZipFile(path) as file:
            inside = set(file.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return [False for _ in names]
    return [name in inside for name in names]


def _tables_of(path: Path, names: Iterable[str]) -> list[Path]:
    """Tables in a folder: those that lie directly in it, be there ever so many sounds, then those among the names."""
    try:
        with os.scandir(path) as entries:
            direct = sorted(path / entry.name for entry in entries if ending(entry.name) in ("csv", "tsv"))
    except OSError:
        direct = []
    deeper = [path / name for name in names if "/" in name and ending(name) in ("csv", "tsv")]
    return direct + deeper


def _names_texts(table: Path) -> bool:
    """Whether the first row of a table names a column of texts beside one of files."""
    columns, _ = _first_rows(table)
    known = {name.strip().lower() for name in columns}
    texts = {"text", "transcript", "transcription", "sentence", "utterance"}
    return bool(known & texts) and len(known) > 1


def share_of(names: Iterable[str], endings: frozenset[str]) -> float:
    """Which share of the names have such an ending. What only lies beside them counts little."""
    kinds: Counter[str] = Counter()
    for name in names:
        kind = ending(name)
        beside = kind in TABLES or (kind in SIDECARS and kind not in endings)
        kinds["these" if kind in endings else "beside" if beside else "others"] += 1
    counted = kinds["these"] + kinds["others"] + kinds["beside"] / 4
    return kinds["these"] / counted if counted else 0.0


def _first_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """The names of the columns, made up where there are none, and the first rows of a table in a text file."""
    if not path.name.lower().endswith(TABLE_ENDINGS[:7]) or not path.is_file():
        return [], []
    head = head_of(path)
    if not head.strip() or no_text(head):
        return [], []
    try:
        if ending(path.name) in ("jsonl", "ndjson", "json"):
            return _objects(head.decode(encoding_of(head), "replace").removeprefix("\ufeff"), len(head) < HEAD)
        dialect, rows = first_records(head, _FEW + 1)
    except (NoTable, UnicodeError, csv.Error):
        return [], []
    if dialect.width < 2 or not rows or dialect.separator == " ":
        return [], []
    if dialect.header if dialect.sure_header else names_columns(rows[0]):
        return [cell.strip() for cell in rows[0]], rows[1:]
    return [f"column {number + 1}" for number in range(dialect.width)], rows


def _objects(text: str, whole: bool) -> tuple[list[str], list[list[str]]]:
    """Rows of JSON lines; of a JSON list, where all of it is at hand."""
    found: list[object] = []
    if text.lstrip()[:1] == "[":
        try:
            found = json.loads(text) if whole else []
        except (ValueError, RecursionError):
            return [], []
    else:
        for line in text.splitlines()[:_FEW]:
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                break
    # As a table has them: without lists, and with what lies in objects as columns of their own.
    rows = flat_rows([each for each in found if isinstance(each, dict)][:_FEW])
    objects = [{name: cell for name, cell in row.items() if not isinstance(cell, dict | list)} for row in rows]
    names = list(dict.fromkeys(str(name) for each in objects for name in each))
    cells = [["" if each.get(name) is None else str(each.get(name)) for name in names] for each in objects]
    return names, cells
