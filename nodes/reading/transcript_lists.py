"""Lists of what is said in sounds, as large sets keep them: ``84-121.trans.txt`` of LibriSpeech, with the name of a
sound and its text in each line, and ``metadata.csv`` of LJ Speech, without names of columns and with strokes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from nodes.api.words import cut
from nodes.reading.label_tables import FileNames
from nodes.reading.listing import Listing, ending, shown

TRANS = ".trans.txt"  # how the lists of LibriSpeech end
_MARKS = ("|", "\t", ";", ",")
_SOME = 200  # lines that tell whether a table is such a list
_OTHER = 0.5  # of the texts at least are not the same: else they are classes, such as "dog bark"
_LONGEST = 100_000  # letters of a line


def stem_of(name: str) -> str:
    """A file's name without its folder and ending."""
    last = name.strip().replace("\\", "/").rpartition("/")[2]
    return last.rpartition(".")[0] or last


def cells_of(line: str) -> list[str]:
    """The cells of a line without names of columns; of strokes and tabs, quotation marks are a part of the text."""
    mark = next((each for each in _MARKS if each in line), "")
    if mark in ("|", "\t"):
        return line.rstrip("\r\n").split(mark)
    return next(csv.reader([line], delimiter=mark), []) if mark else [line]


def is_list(lines: Sequence[str], stems: frozenset[str] | set[str]) -> bool:
    """Whether lines begin with the name of a sound and end with several words, seldom with the same ones. ``stems`` are
    names of sounds without endings, some of them: of a large folder not all are seen."""
    rows = [cells_of(line) for line in lines[:_SOME] if line.strip()]
    if not rows or any(len(row) < 2 for row in rows):
        return False
    prefixes = {stem[:4].lower() for stem in stems}
    named = sum(stem_of(row[0]) in stems or stem_of(row[0])[:4].lower() in prefixes for row in rows)
    words = sum(len(row[-1].split()) for row in rows)
    several = len({row[-1].strip() for row in rows}) >= _OTHER * len(rows)
    return named == len(rows) and words >= 1.5 * len(rows) and several


def listed_texts(found: Listing) -> tuple[dict[int, str], str]:
    """The text of each sound that a list names, by its number, and where these stand; nothing where there is no list.
    What is wrong with a line is written down in the listing."""
    names = FileNames(found)
    stems = {stem_of(name) for name in found.names}
    texts: dict[int, str] = {}
    used: list[str] = []
    for path in sorted(found.tables):
        folder = path.rpartition("/")[0]
        trans = path.lower().endswith(TRANS)
        if not trans and ending(path) == "txt":
            continue
        lines = list(_lines(found, path))
        if not trans and not is_list(lines, stems):
            continue
        used.append(path)
        for place, line in enumerate(lines, start=1):
            name, text = line.split(maxsplit=1) if trans and len(line.split()) > 1 else ("", "")
            if not trans:
                cells = cells_of(line)
                name, text = cells[0].strip(), next((cell for cell in reversed(cells[1:]) if cell.strip()), "")
            number = names.find(name, folder, short=True) if name else None
            if number is None and line.strip():
                what = f"names {cut(name, 60)}, which is not there." if name else "has no name of a sound and its text."
                found.skip(f"{path}, row {place:,}", what)
            elif number is not None and text.strip():
                texts.setdefault(number, text)
    for path in used:
        found.is_used(path)
    where = cut(shown(used[0]), 60) if used else ""
    others = f" and {len(used) - 1:,} more list{'' if len(used) == 2 else 's'}" if len(used) > 1 else ""
    return texts, f"the list {where}{others}"


def _lines(found: Listing, path: str) -> Iterator[str]:
    try:
        with io.TextIOWrapper(found.open_table(path), encoding="utf-8-sig", errors="replace") as file:
            for line in file:
                yield line[:_LONGEST].rstrip("\r\n")
    except (OSError, ValueError):
        return
