"""Files that say something about pictures, row by row: tables, JSON lines, and JSON as COCO writes it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from nodes.api.schema import NoData, Unreadable
from nodes.reading.annotated_pictures import NOTES, called, text_of
from nodes.reading.listing import Listing, ending, shown

Row = dict[str, Any]
PATHS = ("path", "file", "filename", "file_name", "image", "image_path", "img", "picture", "image_name", "image_id")
_TABLES = ("csv", "tsv", "txt")
_LINES = ("jsonl", "ndjson")
_HEAVY = 2**20  # letters, from which on a file of JSON is read without what nobody asks for
# Outlines of things, and what each of ten people answered: nine tenths of such a file, and of the time to read it.
_UNASKED = re.compile(
    r'"segmentation"\s*:\s*(?:\[[\[\]0-9\s.,eE+-]*|\{[^{}]*\}\s*,?)|"answers"\s*:\s*\[(?:\s*\{[^{}]*\}\s*,?)*\s*\]\s*,?'
)


def notes_in(found: Listing, only: str, *endings: str) -> list[int]:
    """The files of these endings that say something, the outermost first; ``only`` that one, if it is chosen itself."""
    numbers = [n for n in range(len(found)) if ending(found.names[n]) in (endings or tuple(NOTES))]
    if only:
        numbers = [n for n in numbers if found.path(n) == only]
    return sorted(numbers, key=lambda n: (found.path(n).count("/"), found.path(n)))


def head_of(text: str) -> tuple[list[str], str]:
    """The names of the columns in the first line of a table, in small letters, and what separates them; nothing if it
    is no table."""
    line = re.split(r"[\r\n]", text.lstrip("\ufeff"), maxsplit=1)[0]
    separator = max(",;\t|", key=line.count)
    if not line.count(separator):
        return [], ""
    try:
        return [cell.strip().lower() for cell in next(csv.reader([line], delimiter=separator), [])], separator
    except csv.Error:  # a cell that is longer than any name
        return [], ""


def rows_of(found: Listing, number: int, names: Sequence[str] = ()) -> Iterator[tuple[str, Row]]:
    """The rows of a table, of JSON lines or of a JSON list, each with where it stands. Names are in small letters.
    ``names`` are those of the columns of a table that has no line of names.

    Raises:
        Unreadable: if it cannot be read as what its ending says.
    """
    path = shown(found.path(number))
    text = text_of(found, number)
    kind = ending(found.names[number])
    if kind in _TABLES:
        yield from table_rows(text, path, names)
    elif kind in _LINES:
        for at, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                row = parsed(line, f"{path}, row {at:,}")
                if isinstance(row, dict):
                    yield f"{path}, row {at:,}", {str(name).lower(): value for name, value in row.items()}
    else:
        rows = parsed(text, path)
        rows = next((v for v in rows.values() if isinstance(v, list)), []) if isinstance(rows, dict) else rows
        for at, row in enumerate(rows if isinstance(rows, list) else [], start=1):
            if isinstance(row, dict):
                yield f"{path}, entry {at:,}", {str(name).lower(): value for name, value in row.items()}


def table_rows(text: str, path: str, names: Sequence[str] = ()) -> Iterator[tuple[str, Row]]:
    """The rows of a table, each with where it stands.

    Raises:
        Unreadable: if a row breaks the rules of such files.
    """
    heads, separator = head_of(text)
    if not heads:
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    heads = list(names) or heads
    for at, cells in enumerate(_rows(reader, path), start=1):
        if (at == 1 and not names) or not any(cells):
            continue
        if len(cells) > len(heads) and not names and len(heads) == 2:
            cells = [cells[0], separator.join(cells[1:])]  # a sentence with commas that nobody put into quotes
        yield f"{path}, row {at:,}", {name: cell.strip() for name, cell in zip(heads, cells)}


def _rows(reader: Any, path: str) -> Iterator[list[str]]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(f"{path}, row {reader.line_num:,}: {error}. Mend the row.") from error


def parsed(text: str, where: str) -> Any:
    """What JSON says.

    Raises:
        Unreadable: if it is damaged.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise Unreadable(f"{where} is nested too deeply to be read.") from None
    except ValueError as error:
        at = getattr(error, "lineno", 1)
        raise Unreadable(
            f"{where} is no sound JSON: line {at:,} is wrong ({str(error)[:60]}). Save it again."
        ) from None


def parsed_lean(text: str, where: str) -> Any:
    """What JSON says, of a large one without outlines and single answers.

    Raises:
        Unreadable: if it is damaged.
    """
    if len(text) > _HEAVY:
        lean = _UNASKED.sub(lambda found: '"_":0,' if found[0].rstrip().endswith(",") else '"_":0', text)
        with suppress(ValueError, RecursionError):
            return json.loads(lean)
    return parsed(text, where)


def chosen(names: Sequence[str], wanted: Sequence[str]) -> str:
    """The first of the wanted names that there is; nothing if there is none."""
    return next((each for each in wanted if each in names), "")


# COCO


def coco_in(found: Listing, only: str, *words: str, holding: str) -> list[tuple[int, Mapping[str, Any]]]:
    """The JSON files as COCO writes them whose annotations hold this; where the names of some have one of ``words``,
    these alone.

    Raises:
        Unreadable: if the file that was chosen, or is called so, is damaged.
    """
    numbers = notes_in(found, only, "json")
    likely = [n for n in numbers if any(word in found.names[n].lower() for word in words)]
    made: list[tuple[int, Mapping[str, Any]]] = []
    for number in likely or numbers:
        try:
            said = parsed_lean(text_of(found, number), shown(found.path(number)))
        except Unreadable:
            if only or likely:
                raise
            continue
        if not isinstance(said, dict) or not isinstance(said.get("images"), list):
            continue
        notes = said.get("annotations")
        if isinstance(notes, list) and any(isinstance(each, dict) and holding in each for each in notes[:1000]):
            made.append((number, said))
    return made


def coco_images(found: Listing, number: int, said: Mapping[str, Any]) -> dict[Any, Row]:
    """The pictures that a COCO file names, by their id."""
    images = {}
    for at, each in enumerate(said["images"], start=1):
        if isinstance(each, dict) and isinstance(each.get("file_name"), str) and key_of(each.get("id")) is not None:
            images[each["id"]] = each
        else:
            found.skip(f"{found.path(number)}, picture {at:,}", "has no id or no file_name.")
    return images


def key_of(value: Any) -> int | str | None:
    """An id as COCO writes it; None if it is none."""
    return value if isinstance(value, int | str) else None


def listed_in(said: Mapping[str, Any], name: str) -> list[Row]:
    """The entries of a list in a COCO file; none where it is no list."""
    found = said.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def needed(found: Listing, sorts: str, example: str) -> NoData:
    """What to say where nothing was found that tells of pictures."""
    texts = [found.path(n) for n in range(len(found)) if ending(found.names[n]) in NOTES]
    have = f" There are {called(texts)}, which say nothing of that." if texts else ""
    return NoData(f"There are no {sorts} in {shown(found.root.name)}.{have} {example}")
