"""Tables that lie beside files and say what each of them is: ``metadata.csv``, ``labels.csv``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from nodes.api.schema import NoData
from nodes.api.words import listed
from nodes.reading.listing import Listing, ending
from nodes.reading.part_names import part_called
from nodes.reading.tables_dialect import is_number

_FILES = (
    "file_name",
    "filename",
    "file",
    "image",
    "path",
    "image_path",
    "filepath",
    "image_name",
    "picture",
    "img",
    "name",
)
_IDS = ("image_id", "id", "img_id", "id_code", "uuid")
_LABELS = (
    "label",
    "class",
    "target",
    "labels",
    "category",
    "class_name",
    "label_name",
    "classid",
    "class_id",
    "dx",
    "diagnosis",
    "species",
    "breed",
    "y",
    "answer",
)
_PARTS = ("split", "part", "set", "subset", "partition", "dataset")
_USUAL = ("metadata", "labels", "label", "annotations", "classes", "index", "train", "train_labels", "data")
_LOOKED_AT = 50  # rows that decide whether a table belongs to the files
_COVERED = (
    0.4  # of the files around it, at least: a list of test files with an example of an answer is no table of labels
)
_DECIDING = 500  # rows that decide which columns name the file and its label
_CLASSES = 200  # different words at most in a column that is taken for labels without being called so
MOST_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class LabelRow:
    """What a table says of the file with this number: its label, empty where there is none, and its part of the data.
    ``where`` names table and row."""

    number: int
    label: str
    part: str
    table: str
    where: str


def rows_of(
    found: Listing, base: str, roots: Sequence[str], *, asked: bool, labels: Sequence[str] = _LABELS
) -> list[LabelRow]:
    """What tables say of the files of a listing: one in each of the folders ``roots``, or else one in ``base`` or above
    it, or else one in a folder beside them that names most of the files. What is wrong with a row is written down in
    the listing. ``labels`` are the names of columns that say what a file is.

    Raises:
        NoData: if a table that was ``asked`` for cannot be read.
    """
    if not found.tables:
        return []
    names = _Names(found)
    places = [
        list(dict.fromkeys(roots)),
        *([[_up(base, level)] for level in range(base.count("/") + 2)] if base or roots else [[""]]),
    ]
    used: list[str] = []
    rows: list[LabelRow] = []
    for folders in places:
        for folder in folders:
            for path in _candidates(found, folder):
                read = _read(found, path, names, folder, asked, labels)
                if read and (asked or len(read) >= _COVERED * _below(found, folder)):
                    others = _of_other_parts(found, path, names, folder, labels)
                    for each, more in {path: read, **others}.items():
                        part = part_called(_stem(each)) if others else ""
                        rows += [replace(row, part=row.part or part) for row in more] if part else more
                        used.append(each)
                    break
        if rows:
            break
    if not rows and len(found):  # in a folder of its own beside them, as meta/esc50.csv beside audio/
        tried = {folder for folders in places for folder in folders}
        for folder in sorted({path.rpartition("/")[0] for path in found.tables} - tried):
            for path in _candidates(found, folder):
                read = _read(found, path, names, folder, asked, labels)
                if len(read) >= _COVERED * len(found) and not rows:
                    rows, used = read, [path]
    for path in found.tables:
        if path not in used:
            found.skip(path, "is a table that was not read: nothing in it names the files by known columns.")
    return rows


def _of_other_parts(
    found: Listing, path: str, names: _Names, folder: str, labels: Sequence[str]
) -> dict[str, list[LabelRow]]:
    """Beside a table called as a part of the data is (Train.csv), those of the other parts (Test.csv), if they say
    labels as well."""
    if not part_called(_stem(path)):
        return {}
    others = [each for each in _candidates(found, folder) if each != path and part_called(_stem(each))]
    read = {each: _read(found, each, names, folder, False, labels) for each in others}
    return {each: rows for each, rows in read.items() if rows and all(row.label for row in rows)}


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _below(found: Listing, folder: str) -> int:
    """How many files lie in a folder and below it."""
    if not folder:
        return len(found)
    inside = [each == folder or each.startswith(f"{folder}/") for each in found.folders]
    return sum(1 for place in found.folder_of if inside[place])


def _up(base: str, level: int) -> str:
    parts = base.split("/") if base else []
    return "/".join(parts[: max(0, len(parts) - level)])


def _candidates(found: Listing, folder: str) -> list[str]:
    """The tables of a folder, those with a usual name first."""
    here = [path for path in found.tables if path.rpartition("/")[0] == folder]

    def rank(path: str) -> tuple[int, str]:
        stem = _stem(path).lower()
        return (_USUAL.index(stem) if stem in _USUAL else len(_USUAL), path)

    return sorted(here, key=rank)


class _Names:
    """Files by what a table may call them: the path below the root, below a folder, or the name alone, with and
    without its ending."""

    def __init__(self, found: Listing) -> None:
        self._paths = {found.path(number): number for number in range(len(found))}
        self._short: dict[str, int] | None = None
        self._found = found

    def find(self, name: str, folder: str, short: bool) -> int | None:
        """The number of the file that a table in ``folder`` calls ``name``."""
        for path in (f"{folder}/{name}" if folder else name, name):
            if path in self._paths:
                return self._paths[path]
        if not short:
            return None
        if self._short is None:
            self._short = {}
            for path, number in self._paths.items():
                file = path.rpartition("/")[2]
                keys = {path.rpartition(".")[0], file, file.rpartition(".")[0]}
                for key in keys | {each.casefold() for each in (path, *keys)}:  # IMG_1.JPG may be img_1.jpg there
                    other = self._short.setdefault(key, number)
                    self._short[key] = number if other == number else -1  # of two files it names neither
        for path in (f"{folder}/{name}" if folder else name, name):
            for key in (path, path.casefold()):
                number = self._short.get(key, -1)
                if number >= 0:
                    return number
        return None


def _read(found: Listing, path: str, names: _Names, folder: str, asked: bool, labels: Sequence[str]) -> list[LabelRow]:
    """The rows of a table that name files; none if it is not about them."""
    try:
        with found.open_table(path) as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
            return _rows(found, path, _records(text, path), names, folder, labels)
    except (OSError, ValueError, csv.Error) as error:
        if asked:
            raise NoData(f"{path} cannot be read as a table: {str(error)[:120]}.") from None
        return []


def _records(text: io.TextIOWrapper, path: str) -> Iterator[dict[str, str]]:
    """The rows of a table by the names of its columns, in small letters."""
    if ending(path) == "jsonl":
        for line in text:
            if line.strip():
                made = json.loads(line)
                if not isinstance(made, dict):
                    return
                yield {str(key).strip().lower(): "" if value is None else str(value) for key, value in made.items()}
        return
    known = (*_FILES, *_LABELS)
    first = text.readline(1_000_000)
    mark = max(",;\t|", key=first.count)
    (header,) = csv.reader([first], delimiter=mark)
    columns = [name.strip().lower() for name in header]
    # In a data set of the Neural Network Console, x: stands before what goes in and y: before what is predicted.
    columns = [name[2:] if name[:2] in ("x:", "y:") and name[2:] in known else name for name in columns]
    for values in csv.reader(text, delimiter=mark):
        if values:
            yield dict(zip(columns, values))


def _rows(
    found: Listing,
    path: str,
    records: Iterator[dict[str, str]],
    names: _Names,
    folder: str,
    kinds: Sequence[str],
) -> list[LabelRow]:
    rows: list[LabelRow] = []
    tried = 0
    trouble: list[tuple[str, str]] = []
    first = list(islice(records, _DECIDING))
    flat = _is_flat(found)
    columns = _columns(first, kinds, lambda name: names.find(_plain_path(name), folder, short=True) is not None, flat)
    if columns is None:
        return []
    marked = _marked(first, columns) if flat else []
    for line, record in enumerate(chain(first, records), start=1 if ending(path) == "jsonl" else 2):
        if line > MOST_ROWS:
            raise NoData(f"{path} has more than {MOST_ROWS:,} rows. Use a part of it.")
        file, label, part = columns
        where = f"{path}, row {line:,}"
        name = _plain_path(record.get(file, ""))
        tried += 1
        if tried > _LOOKED_AT and len(rows) * 2 < _LOOKED_AT and len(rows) < tried // 3:
            return []
        if not name:
            trouble.append((where, "names no file."))
            continue
        if name.startswith("/") or ".." in name.split("/"):
            trouble.append((where, f"is refused: {name[:60]} leads out of the folder."))
            continue
        number = names.find(name, folder, short=True)
        said = " ".join(record.get(label, "").split()) if label else ""
        ones = [column for column in marked if record.get(column, "").strip() == "1"]
        if marked:
            said = ones[0] if ones else ""
        if number is None:
            trouble.append((where, f"names {name[:60]}, which is not there."))
        elif len(ones) > 1:
            trouble.append((where, f"gives {name[:60]} several classes: {listed(ones, most=4)}."))
        elif (label or marked) and not said:
            trouble.append((where, f"gives {name[:60]} no label."))
        else:
            written = said if marked else record.get(label, "") if label else ""
            rows.append(LabelRow(number, written, record.get(part, "") if part else "", path, where))
    if rows:
        for where, reason in trouble:
            found.skip(where, reason)
    return rows


def _plain_path(cell: str) -> str:
    return cell.strip().replace("\\", "/").removeprefix("./")


def _columns(
    rows: Sequence[dict[str, str]], labels: Sequence[str], is_file: Callable[[str], bool], flat: bool
) -> tuple[str, str, str] | None:
    """The columns with the file's name, the label and the part; empty where there is none. A name column is known by
    what it is called, or by the files that it names. Of labels called so, one of words goes before one of numbers; one
    that is called otherwise is a column of few words, where the files are ``flat``: folders may be the classes."""
    names = list(rows[0]) if rows else []
    file = next((name for name in (*_FILES, *_IDS) if name in names), None)
    if file is None:
        file = next((name for name in names if any(is_file(row.get(name, "")) for row in rows[:3])), None)
    if file is None:
        return None
    part = next((name for name in _PARTS if name in names), "")
    left = [name for name in names if name and name not in (file, part)]
    called = [name for name in labels if name in left]
    cells = {name: {" ".join(row.get(name, "").split()) for row in rows} - {""} for name in left}
    worded = [name for name in called if not all(map(is_number, cells[name])) and 1 < len(cells[name]) < len(rows)]
    same = (
        len(called) > 1
        and worded
        and len({(row.get(called[0]), row.get(worded[0])) for row in rows}) == len(cells[called[0]])
    )
    label = worded[0] if same else called[0] if called else ""
    if not label and len(left) == 1:
        label = left[0]
    if not label and flat:
        few = [name for name in left if 2 <= len(cells[name]) <= min(_CLASSES, len(rows) / 2)]
        label = next((name for name in few if not any(map(is_number, cells[name]))), "")
    return file, label, part


def _marked(rows: Sequence[dict[str, str]], columns: tuple[str, str, str]) -> list[str]:
    """The columns that are a class each, with a 1 for those that a file has and a 0 for others; none if this is no such
    table, as where most files have several or none."""
    file, label, part = columns
    left = [name for name in rows[0] if name and name not in (file, part)]
    cells = [[row.get(name, "").strip() for name in left] for row in rows]
    fits = not label and len(left) > 1 and all(set(each) <= {"0", "1"} for each in cells)
    return left if fits and sum(each.count("1") == 1 for each in cells) > len(cells) / 2 else []


def _is_flat(found: Listing) -> bool:
    """Whether all files lie in one folder, but for those of the parts of the data, so that no folder can be a class."""
    folders = [found.folders[place].split("/") for place in set(found.folder_of)]
    return len({tuple(each for each in folder if not part_called(each)) for folder in folders}) < 2


def labelled(folders: Iterable[str]) -> list[str]:
    """Names of class folders in which those that only say that nobody has given a class are empty: beside pos and neg,
    unsup is none."""
    names = list(folders)
    unlabelled = {name for name in names if name.lower() in ("unsup", "unlabeled", "unlabelled")}
    enough = len({*names} - unlabelled - {""}) > 1
    return ["" if enough and name in unlabelled else name for name in names]
