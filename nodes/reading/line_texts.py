"""Text files of which each line is a sample and each file a class: ``names/Irish.txt``, ``pos.txt`` and ``neg.txt``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes.api.schema import MOST_SKIPPED, Guess, NoData, Skipped
from nodes.api.sources import Script
from nodes.api.words import cut
from nodes.reading.arrays import stamp_of
from nodes.reading.folder_names import names_in
from nodes.reading.listing import ending, hidden, natural, tells_of_others
from nodes.reading.part_names import part_called
from nodes.reading.texts import no_text, pieces, written

ENDINGS = frozenset({"txt", "text"})
EACH = (("each line", "line"), ("each file", "file"))  # of a question, and the setting
_HEAD = 20_000  # bytes of each file that tell
_FEWEST = 10  # lines in each file
_MOST_FILES = 200
_BLANK = 0.02  # of the lines at most: paragraphs have more between them
_NUMBER = re.compile(r"[\s._\-(]*[0-9]+[\s)]*$")  # behind a name, as in report_2


@dataclass(frozen=True)
class LineTexts:
    """The lines of some files. ``file_of`` is the number in ``files`` of each, ``places`` its row there, from 1."""

    files: tuple[Path, ...]
    encodings: tuple[str, ...]
    lines: tuple[str, ...]
    file_of: tuple[int, ...]
    places: tuple[int, ...]
    skipped: tuple[Skipped, ...]
    stamp: str

    @property
    def words(self) -> tuple[str, ...]:
        """What the classes are called."""
        return tuple(cut(each.stem, 60) for each in self.files)

    def name_of(self, number: int) -> str:
        """A line as people find it."""
        return f"{self.files[self.file_of[number]].name}, row {self.places[number]:,}"


def files_at(folder: Path) -> list[Path]:
    """The text files of a folder without others in it, as people count; empty where there are folders in it, or so many
    that nobody would call them classes."""
    if not folder.is_dir():
        return []
    names = [(name, is_folder) for name, is_folder in names_in(folder) if not hidden(name)]
    files = [name for name, is_folder in names if ending(name) in ENDINGS and not tells_of_others(name)]
    if any(is_folder for _, is_folder in names) or not 2 <= len(files) <= _MOST_FILES:
        return []
    return [folder / name for name in sorted(files, key=natural)]


def are_parts(files: Sequence[Path]) -> bool:
    """Whether files are called as the parts of one text: ``ptb.train.txt``, ``ptb.valid.txt``."""
    return bool(files) and all(
        any(map(part_called, (each.stem, *each.stem.replace("_", ".").replace("-", ".").split(".")))) for each in files
    )


def are_lines(files: Sequence[Path]) -> bool:
    """Whether each of these files has many lines and hardly a blank one, as lists of names or sentences have. Files
    that are numbered, ``pos_1.txt`` and ``pos_2.txt``, are samples, and none of them is a class."""
    if not files or are_parts(files) or len({_NUMBER.sub("", each.stem) for each in files}) <= 0.5 * len(files):
        return False
    for path in files:
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD)
        except OSError:
            return False
        lines = head.decode("utf-8", "replace").split("\n")[:-1]
        blank = sum(not line.strip() for line in lines)
        if no_text(head) or len(lines) < _FEWEST or blank > max(1, _BLANK * len(lines)) or _of_numbers(lines):
            return False
    return True


def _of_numbers(lines: Sequence[str]) -> bool:
    """Whether lines hold nothing but numbers."""
    cells = [cell for line in lines[:20] for cell in line.replace(",", " ").split()]
    try:
        return bool(cells) and all(float(cell) == float(cell) or True for cell in cells)
    except ValueError:
        return False


def holds_numbers(files: Sequence[Path]) -> bool:
    """Whether most of these text files hold numbers alone, as ``X_train.txt`` beside ``y_train.txt``."""
    found = 0
    for path in files:
        try:
            with path.open("rb") as file:
                lines = file.read(_HEAD).decode("utf-8", "replace").split("\n")
        except OSError:
            continue
        found += _of_numbers(lines[:-1] or lines)
    return found > 0.5 * len(files)


def line_texts(folder: Path) -> LineTexts:
    """Every line of the files in a folder that is not blank.

    Raises:
        NoData: if there are no files.
        OSError: if one cannot be read.
    """
    files = files_at(folder)
    if not files:
        raise NoData(
            f"{folder.name} does not hold several text files side by side, whose lines could be texts. Let each file "
            "be a text."
        )
    lines: list[str] = []
    file_of: list[int] = []
    places: list[int] = []
    skipped: list[Skipped] = []
    encodings = []
    for number, path in enumerate(files):
        how = written(path, "auto")
        encodings.append("utf-8-sig" if how.encoding == "utf-8" else how.encoding)
        for place, line in enumerate("".join(pieces(how, lower=False)).split("\n"), start=1):
            if line.strip():
                lines.append(line.strip())
                file_of.append(number)
                places.append(place)
    left = [name for name, _ in names_in(folder) if not hidden(name) and name not in {each.name for each in files}]
    skipped += [Skipped(name, "lies beside the texts.") for name in left[:MOST_SKIPPED]]
    return LineTexts(
        tuple(files), tuple(encodings), tuple(lines), tuple(file_of), tuple(places), tuple(skipped), stamp_of(files)
    )


def as_texts(lines: LineTexts) -> dict[str, Any]:
    """The lines as what a source of labelled texts is made of."""
    counts = Counter(lines.file_of)
    said = f"Each line of {len(lines.files):,} files is a text, and its file is its class."
    return {
        "count": len(lines.lines),
        "read": lambda number: lines.lines[number],
        "name_of": lines.name_of,
        "labels": list(lines.file_of),
        "words": lines.words,
        "counts": tuple(counts[number] for number in range(len(lines.files))),
        "part_of": [-1] * len(lines.lines),
        "stamp": lines.stamp,
        "guesses": [Guess("each", said, EACH, "line")],
        "skipped": lines.skipped,
        "skipped_count": len(lines.skipped),
        "script": Script(tuple(script_lines(lines)), {}),
    }


def script_lines(texts: LineTexts) -> list[str]:
    """Lines of a program that make ``texts`` and ``labels``."""
    files = [(str(path), encoding) for path, encoding in zip(texts.files, texts.encodings)]
    return [
        "files = [",
        *(f"    {each!r}," for each in files),
        "]",
        "texts, labels = [], []",
        "for number, (name, encoding) in enumerate(files):",
        '    with open(name, encoding=encoding, errors="replace") as file:',
        '        kept = [line.strip() for line in file.read().split("\\n") if line.strip()]',
        "    texts += kept",
        "    labels += [number] * len(kept)",
    ]
