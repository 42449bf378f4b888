"""Tables that lie beside files and say what each of them is: ``metadata.csv``, ``labels.csv``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from nodes.api.schema import NoData
from nodes.api.words import listed, quoted
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
EACH, NONE = "each column", "none"  # in the place of the name of a column
_PARTS = ("split", "part", "set", "subset", "partition", "dataset")
_USUAL = (
    "metadata", "labels", "label", "annotations", "classes", "index", "train", "train_labels", "data",
    "list_attr_celeba",
)  # fmt: skip
_LOOKED_AT = 50  # rows that decide whether a table belongs to the files
_COVERED = (
    0.4  # of the files around it, at least: a list of test files with an example of an answer is no table of labels
)
_DECIDING = 500  # rows that decide which columns name the file and its label
_CLASSES = 200  # different words at most in a column that is taken for labels without being called so
MOST_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class LabelColumns:
    """The columns of a table for the file, its label and its part; empty where there is none. ``marked`` are those
    that are a class each. ``others`` are all that could be the label."""

    file: str
    label: str
    part: str
    marked: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def chosen(self) -> str:
        """The setting that says the same."""
        return EACH if self.marked else self.label or NONE


@dataclass(frozen=True, slots=True)
class LabelRow:
    """What a table says of the file with this number: its label, empty where there is none, and its part of the data.
    ``where`` names table and row."""

    number: int
    label: str
    part: str
    table: str
    where: str
    columns: LabelColumns


def rows_of(
    found: Listing,
    base: str,
    roots: Sequence[str],
    *,
    asked: bool,
    labels: Sequence[str] = _LABELS,
    column: str = "auto",
    lists: bool = False,
) -> list[LabelRow]:
    """What tables say of the files of a listing: one in each of the folders ``roots``, or else one in ``base`` or above
    it, or else one in a folder beside them that names most of the files. What is wrong with a row is written down in
    the listing. ``labels`` are the names of columns that say what a file is; ``column`` is the one that was chosen.
    Texts that are lists, as list_attr_celeba.txt, count where ``lists`` says so.

    Raises:
        NoData: if a table that was ``asked`` for cannot be read, or none has the column that was chosen.
    """
    tables = [
        path for path in found.tables if ending(path) != "txt" or (lists and not path.lower().endswith(".trans.txt"))
    ]
    if not tables:
        return []
    want = Wanted(tuple(labels), " ".join(column.lower().split()))
    names = FileNames(found)
    places = [
        list(dict.fromkeys(roots)),
        *([[_up(base, level)] for level in range(base.count("/") + 2)] if base or roots else [[""]]),
    ]
    used: list[str] = []
    rows: list[LabelRow] = []
    for folders in places:
        for folder in folders:
            for path in _candidates(tables, folder):
                read = _read(found, path, names, folder, asked, want)
                if read and (asked or len(read) >= _COVERED * _below(found, folder)):
                    others = _of_other_parts(found, tables, path, names, folder, want)
                    for each, more in {path: read, **others}.items():
                        part = part_called(_stem(each)) if others else ""
                        rows += [replace(row, part=row.part or part) for row in more] if part else more
                        used.append(each)
                    break
        if rows:
            break
    if not rows and len(found):  # in a folder of its own beside them, as meta/esc50.csv beside audio/
        tried = {folder for folders in places for folder in folders}
        for folder in sorted({path.rpartition("/")[0] for path in tables} - tried):
            for path in _candidates(tables, folder):
                read = _read(found, path, names, folder, asked, want)
                if len(read) >= _COVERED * len(found) and not rows:
                    rows, used = read, [path]
    if not rows and want.named:
        raise NoData(
            f"No table there has a column {quoted(column, 30)} beside the names of the files. Choose another column of "
            "labels, or auto."
        )
    read_names = listed(used, most=3)
    for path in tables:
        if path in used and ending(path) == "txt":
            found.is_used(path)
        elif path not in used and ending(path) != "txt":
            why = (
                f"the labels are taken from {read_names}" if used else "nothing in it names the files by known columns"
            )
            found.skip(path, f"is a table that was not read: {why}.")
    return rows


@dataclass(frozen=True)
class Wanted:
    """What a column of labels may be called, and which one was chosen."""

    called: tuple[str, ...]
    column: str = "auto"

    @property
    def named(self) -> bool:
        """Whether a single column was chosen."""
        return self.column not in ("auto", EACH, NONE)


def _of_other_parts(
    found: Listing, tables: Sequence[str], path: str, names: FileNames, folder: str, want: Wanted
) -> dict[str, list[LabelRow]]:
    """Beside a table called as a part of the data is (Train.csv), those of the other parts (Test.csv), if they say
    labels as well."""
    if not part_called(_stem(path)):
        return {}
    others = [each for each in _candidates(tables, folder) if each != path and part_called(_stem(each))]
    read = {each: _read(found, each, names, folder, False, want) for each in others}
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


def _candidates(tables: Sequence[str], folder: str) -> list[str]:
    """The tables of a folder, those with a usual name first."""
    here = [path for path in tables if path.rpartition("/")[0] == folder]

    def rank(path: str) -> tuple[int, str]:
        stem = _stem(path).lower()
        return (_USUAL.index(stem) if stem in _USUAL else len(_USUAL), path)

    return sorted(here, key=rank)


class FileNames:
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


def _read(found: Listing, path: str, names: FileNames, folder: str, asked: bool, want: Wanted) -> list[LabelRow]:
    """The rows of a table that name files; none if it is not about them."""
    try:
        with found.open_table(path) as file:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
            return _rows(found, path, _records(text, path), names, folder, want)
    except (OSError, ValueError, csv.Error) as error:
        if asked:
            raise NoData(f"{path} cannot be read as a table: {str(error)[:120]}.") from None
        return []


def _records(text: io.TextIOWrapper, path: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table by the names of its columns, in small letters, each with its number in the file."""
    if ending(path) == "jsonl":
        for line, each in enumerate(text, start=1):
            if each.strip():
                made = json.loads(each)
                if not isinstance(made, dict):
                    return
                cells = {str(key).strip().lower(): "" if value is None else str(value) for key, value in made.items()}
                yield line, cells
        return
    first, start = text.readline(1_000_000), 2
    if first.strip().isdecimal():  # how many rows there are, as in CelebA
        first, start = text.readline(1_000_000), 3
    mark = max(",;\t|", key=first.count)
    if ending(path) == "txt" and mark not in first:
        yield from _listed_rows(first, text, start)
        return
    known = (*_FILES, *_LABELS)
    (header,) = csv.reader([first], delimiter=mark)
    columns = [name.strip().lower() for name in header]
    # In a data set of the Neural Network Console, x: stands before what goes in and y: before what is predicted.
    columns = [name[2:] if name[:2] in ("x:", "y:") and name[2:] in known else name for name in columns]
    for line, values in enumerate(csv.reader(text, delimiter=mark), start=start):
        if values:
            yield line, dict(zip(columns, values))


def _listed_rows(first: str, text: Iterable[str], start: int) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a list whose cells stand apart by blanks, the first of which names a file. A header may lack a name
    for these; where there is none, columns are called by their number."""
    names = first.lower().split()
    lines = enumerate(text, start=start)
    line, begin = next(lines, (start, ""))
    cells = begin.split()
    if names and "." in names[0]:  # the first row already
        header = [f"column {place + 1}" if place else _FILES[0] for place in range(len(names))]
        yield start - 1, dict(zip(header, first.split()))
    else:
        header = [_FILES[0], *names] if len(cells) == len(names) + 1 else names
    for number, each in chain([(line, begin)], lines):
        if each.strip():
            yield number, dict(zip(header, each.split()))


def _rows(
    found: Listing,
    path: str,
    records: Iterator[tuple[int, dict[str, str]]],
    names: FileNames,
    folder: str,
    want: Wanted,
) -> list[LabelRow]:
    rows: list[LabelRow] = []
    tried = 0
    trouble: list[tuple[str, str]] = []
    first = list(islice(records, _DECIDING))
    told = [record for _, record in first]

    def there(name: str) -> bool:
        return names.find(_plain_path(name), folder, short=True) is not None

    columns = _columns(told, want, there, _is_flat(found))
    if columns is None or (ending(path) == "txt" and not columns.others):
        return []
    file, label, part, marked = columns.file, columns.label, columns.part, columns.marked
    for line, record in chain(first, records):
        if line > MOST_ROWS:
            raise NoData(f"{path} has more than {MOST_ROWS:,} rows. Use a part of it.")
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
            rows.append(LabelRow(number, written, record.get(part, "") if part else "", path, where, columns))
    if rows:
        for where, reason in trouble:
            found.skip(where, reason)
    return rows


def _plain_path(cell: str) -> str:
    return cell.strip().replace("\\", "/").removeprefix("./")


def _columns(
    rows: Sequence[dict[str, str]], want: Wanted, is_file: Callable[[str], bool], flat: bool
) -> LabelColumns | None:
    """The columns of a table by its first rows. A name column is known by what it is called, or by the files that it
    names. Of labels called so, one of words goes before one of numbers; one that is called otherwise is a column of few
    words, where the files are ``flat``: folders may be the classes. None where no file is named, or the column that was
    chosen is not there."""
    names = list(rows[0]) if rows else []
    file = next((name for name in (*_FILES, *_IDS) if name in names and name != want.column), None)
    if file is None:
        file = next((name for name in names if any(is_file(row.get(name, "")) for row in rows[:3])), None)
    if file is None:
        return None
    part = next((name for name in _PARTS if name in names and name != want.column), "")
    left = [name for name in names if name and name not in (file, part)]
    cells = {name: {" ".join(row.get(name, "").split()) for row in rows} - {""} for name in left}
    others = tuple(name for name in left if len(cells[name]) > 1)
    if want.named:
        return LabelColumns(file, want.column, part, (), others) if want.column in left else None
    ones = _marked(rows, left, cells) if flat else ()
    if want.column == EACH:
        return LabelColumns(file, "", part, tuple(left), others)
    label = _label(rows, want, left, cells, flat) if want.column != NONE else ""
    return LabelColumns(file, label, part, () if label or want.column == NONE else ones, others)


def _label(
    rows: Sequence[dict[str, str]], want: Wanted, left: Sequence[str], cells: dict[str, set[str]], flat: bool
) -> str:
    called = [name for name in want.called if name in left]
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
    return label


def _marked(rows: Sequence[dict[str, str]], left: Sequence[str], cells: dict[str, set[str]]) -> tuple[str, ...]:
    """The columns that are a class each, with a 1 for those that a file has and a 0 for others; none if this is no such
    table, as where most files have several or none: these are marks beside each other."""
    if len(left) < 2 or not set().union(*cells.values()) <= {"0", "1"}:
        return ()
    single = sum(sum(row.get(name, "").strip() == "1" for name in left) == 1 for row in rows)
    return tuple(left) if 2 * single > len(rows) else ()


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
