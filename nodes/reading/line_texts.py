"""Text files of which each line is a sample and each file a class: ``names/Irish.txt``, ``pos.txt`` and ``neg.txt``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes.api.schema import MOST_SKIPPED, PARTS, Guess, NoData, Skipped
from nodes.api.sources import Script
from nodes.api.words import cut
from nodes.reading.arrays import stamp_of
from nodes.reading.folder_names import names_in
from nodes.reading.listing import ending, hidden, natural, tells_of_others
from nodes.reading.parallel_texts import LANGUAGES
from nodes.reading.part_names import part_called, parts_called
from nodes.reading.texts import no_text, pieces, written

ENDINGS = frozenset({"txt", "text"})
EACH = (("each line", "line"), ("each file", "file"))  # of a question, and the setting
_HEAD = 20_000  # bytes of each file that tell
_FEWEST = 10  # lines in each file
_MOST_FILES = 200
_BLANK = 0.02  # of the lines at most: paragraphs have more between them
_BESIDE_PART = re.compile(r"^[^\s_\-.]+|[^\s_\-.]+$")  # the first and the last word of a name
_NUMBER = re.compile(r"[\s._\-(]*[0-9]+[\s)]*$")  # behind a name, as in report_2


@dataclass(frozen=True)
class LineTexts:
    """The lines of some files. ``file_of`` is the number in ``files`` of each, ``places`` its row there, from 1.
    ``classes`` and ``parts`` are those of each file; a part is one of PARTS or empty."""

    files: tuple[Path, ...]
    classes: tuple[str, ...]
    parts: tuple[str, ...]
    encodings: tuple[str, ...]
    lines: tuple[str, ...]
    file_of: tuple[int, ...]
    places: tuple[int, ...]
    skipped: tuple[Skipped, ...]
    remarks: tuple[str, ...]
    stamp: str

    @property
    def words(self) -> tuple[str, ...]:
        """What the classes are called."""
        return tuple(dict.fromkeys(cut(each, 60) for each in self.classes))

    @property
    def labels(self) -> list[int]:
        """The class of each file."""
        return [self.words.index(cut(each, 60)) for each in self.classes]

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
    called = all(
        any(map(part_called, (each.stem, *each.stem.replace("_", ".").replace("-", ".").split(".")))) for each in files
    )
    classes = {word.lower() for word, part in _classes_and_parts(files) if word and part}
    return bool(files) and called and (len(classes) < 2 or classes <= LANGUAGES)


def _classes_and_parts(files: Sequence[Path]) -> list[tuple[str, str]]:
    """The class that each file's name says, and the part of the data: ``pos_train.txt`` and ``pos_test.txt`` are two
    parts of one class. A file that is called as a part alone has no class where others have."""
    named = parts_called([each.stem for each in files])
    found = []
    for each in files:
        part = named.get(each.stem, "")
        word = each.stem if not part else "" if part_called(each.stem) else _BESIDE_PART.sub(_none_of_part, each.stem)
        found.append((word.strip(" _-."), part))
    if len({word for word, _ in found if word}) < 2:
        return [(each.stem, "") for each in files]
    return found


def _none_of_part(found: re.Match[str]) -> str:
    return "" if part_called(found.group()) else found.group()


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
    named = _classes_and_parts(files)
    remarks = []
    for path, (word, part) in zip(files, named):
        if not word:
            why = f"is called as the {part} part, and its lines have no class"
            skipped.append(Skipped(path.name, f"{why}."))
            remarks.append(f"The file {cut(path.name, 40)} {why}: it is left out")
    files, named = [f for f, (word, _) in zip(files, named) if word], [each for each in named if each[0]]
    for number, path in enumerate(files):
        how = written(path, "auto")
        encodings.append("utf-8-sig" if how.encoding == "utf-8" else how.encoding)
        for place, line in enumerate("".join(pieces(how, lower=False)).split("\n"), start=1):
            if line.strip():
                lines.append(line.strip())
                file_of.append(number)
                places.append(place)
    known = {each.name for each in files} | {each.name for each in skipped}
    left = [name for name, _ in names_in(folder) if not hidden(name) and name not in known]
    skipped += [Skipped(name, "lies beside the texts.") for name in left[:MOST_SKIPPED]]
    return LineTexts(
        tuple(files), tuple(word for word, _ in named), tuple(part for _, part in named), tuple(encodings),
        tuple(lines), tuple(file_of), tuple(places), tuple(skipped), tuple(remarks), stamp_of(files),
    )  # fmt: skip


def as_texts(lines: LineTexts) -> dict[str, Any]:
    """The lines as what a source of labelled texts is made of."""
    of_file = lines.labels
    labels = [of_file[number] for number in lines.file_of]
    counts = Counter(labels)
    part_of = [part_number(part) for part in lines.parts]
    also = " and its part of the data" if any(lines.parts) else ""
    said = f"Each line of {len(lines.files):,} files is a text, and its file is its class{also}."
    return {
        "count": len(lines.lines),
        "read": lambda number: lines.lines[number],
        "name_of": lines.name_of,
        "labels": labels,
        "words": lines.words,
        "counts": tuple(counts[number] for number in range(len(lines.words))),
        "part_of": [part_of[number] for number in lines.file_of],
        "stamp": lines.stamp,
        "guesses": [Guess("each", said, EACH, "line")],
        "remarks": list(lines.remarks),
        "skipped": lines.skipped,
        "skipped_count": len(lines.skipped),
        "script": Script(tuple(script_lines(lines)), {}),
    }


def script_lines(texts: LineTexts) -> list[str]:
    """Lines of a program that make ``texts`` and ``labels``, and ``parts`` where there are some."""
    files = zip(texts.files, texts.encodings, texts.labels, map(part_number, texts.parts))
    parted = any(texts.parts)
    also = ", part" if parted else ""
    return [
        "files = [",
        *(f"    {(str(path), encoding, label, part)[: 3 + parted]!r}," for path, encoding, label, part in files),
        "]",
        "texts, labels, parts = [], [], []" if parted else "texts, labels = [], []",
        f"for name, encoding, label{also} in files:",
        '    with open(name, encoding=encoding, errors="replace") as file:',
        '        kept = [line.strip() for line in file.read().split("\\n") if line.strip()]',
        "    texts += kept",
        "    labels += [label] * len(kept)",
        *(["    parts += [part] * len(kept)"] if parted else []),
    ]


def part_number(part: str) -> int:
    """The place of a part in PARTS, -1 for none."""
    return PARTS.index(part) if part else -1
