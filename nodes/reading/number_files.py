"""Arrays in text files beside each other, as the UCI repository hands them out: ``X_train.txt`` and ``y_train.txt`` in
a folder or in ``train`` and ``test``, with the channels of recorded signals in files of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nodes.api import NoData, times
from nodes.reading.folder_names import is_folder, names_in
from nodes.reading.listing import hidden, natural
from nodes.reading.part_names import part_called
from nodes.reading.roles import role_of
from nodes.reading.stores import Store, Stored

_ENDINGS = (".txt", ".csv", ".dat")
_GROUPS = ("subject", "subjects", "person", "persons", "patient", "patients", "group", "groups")
_CLASS_FILES = ("activity_labels.txt", "class_labels.txt", "class_names.txt", "classes.txt", "labels.txt")
_NAME_FILES = ("features.txt", "feature_names.txt")
_HEAD = 2**20  # bytes that hold the first two rows
_FEWEST = 2  # files in a folder of channels
_MOST_LABEL = 60  # letters of a label


@dataclass(frozen=True)
class NumberFile:
    """A text file with a row of numbers for each sample. ``skip`` rows stand above them, ``drop`` columns before them;
    ``names`` are those of the header."""

    path: Path
    separator: str | None
    skip: int
    drop: int
    columns: int
    names: tuple[str, ...]

    def read(self, dtype: Any = "float32") -> Any:
        """The rows (n, columns).

        Raises:
            NoData: if there is something else than numbers in equal rows.
        """
        import numpy

        try:
            return numpy.loadtxt(self.path, dtype, **self._how())
        except ValueError as error:
            said = str(error).partition(";")[0].rstrip(".")
            raise NoData(f"{self.path.name} does not hold equal rows of numbers: {said}. Correct that row.") from None

    def text(self, dtype: str = "float32") -> str:
        """The same as an expression."""
        how = "".join(f", {name}={value!r}" for name, value in self._how().items())
        return f"numpy.loadtxt({str(self.path)!r}, {dtype!r}{how})"

    def _how(self) -> dict[str, Any]:
        how: dict[str, Any] = {"ndmin": 2, "comments": None, "encoding": "utf-8-sig"}
        if self.separator:
            how |= {"delimiter": self.separator, "quotechar": '"'}
        if self.skip:
            how["skiprows"] = self.skip
        if self.drop:
            how["usecols"] = list(range(self.drop, self.drop + self.columns))
        return how

    @property
    def count(self) -> int:
        """The number of rows that are not blank, counted without reading the numbers."""
        with self.path.open("rb") as file:
            return sum(not line.isspace() for line in file) - self.skip


def number_file(path: Path, words: bool = False) -> NumberFile | None:
    """A text with rows of numbers, by its first two rows; None where it is none. With ``words``, cells may be words."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    lines = [line for line in head.split("\n")[:3] if line.strip()]
    if not lines:
        return None
    last = lines[min(1, len(lines) - 1)]
    separator = next((each for each in (",", ";", "\t") if each in last), None)
    rows = [[cell.strip().strip('"') for cell in line.strip("\r\n").split(separator)] for line in lines[:2]]
    rows = [row if separator else [cell for cell in row if cell] for row in rows]
    if len(rows[0]) != len(rows[-1]) or not all(cell for cell in rows[-1]):
        return None
    numbers = [all(map(_is_number, row)) for row in rows]
    if not numbers[-1] and not words:
        return None
    known = len(rows) > 1 and not numbers[0] and (numbers[-1] or _is_title(rows[0][-1]))
    drop = int(known and not rows[0][0] and len(rows[0]) > 1)  # the row names that pandas writes
    names = tuple(rows[0][drop:]) if known else ()
    return NumberFile(path, separator, int(known), drop, len(rows[-1]) - drop, names)


def _is_number(cell: str) -> bool:
    try:
        return float(cell) == float(cell)
    except ValueError:
        return False


def _is_title(cell: str) -> bool:
    """Whether a cell above labels is the name of their column."""
    return role_of(cell) is not None or cell.lower() in ("0", "species", "activity")


@dataclass(frozen=True)
class _Part:
    """The files of one part: inputs, targets, groups, and those with a channel each."""

    name: str
    alone: bool
    x: NumberFile
    y: NumberFile
    groups: NumberFile | None
    channels: tuple[NumberFile, ...]

    @property
    def before(self) -> str:
        """What the names of its arrays begin with: a part without others is all of the data."""
        return f"{self.name}/" if self.name and not self.alone else ""


def _files(folder: Path) -> list[Path]:
    names = [name for name, is_folder in names_in(folder) if not is_folder and not hidden(name)]
    return [folder / name for name in names if Path(name).suffix.lower() in _ENDINGS]


def _parts(folder: Path) -> list[_Part]:
    """What lies in a folder and in those for training and test in it."""
    places = [(folder, part_called(folder.name))]
    for name, inner in names_in(folder):
        if inner and not hidden(name) and part_called(name):
            places.append((folder / name, part_called(name)))
    found: list[_Part] = []
    for place, usual in places:
        roles: dict[tuple[str, str], Path] = {}
        for path in _files(place):
            role = role_of(path.stem)
            if role is not None:
                roles.setdefault((role.kind, role.part or usual), path)
        for (kind, part), path in roles.items():
            if kind != "input" or ("target", part) not in roles or any(each.name == part for each in found):
                continue
            x, y = number_file(path), number_file(roles["target", part], words=True)
            if x is not None and y is not None and (x.columns > 1 or y.columns == 1):
                found.append(_Part(part, False, x, y, _groups(place, part), tuple(_channels(place, part))))
    order = ("train", "", "validation", "test")
    found.sort(key=lambda each: order.index(each.name))
    if len(found) == 1:
        return [replace(found[0], alone=True)]
    return found if all(not each.name for each in found) or any(each.name == "train" for each in found) else []


def _groups(place: Path, part: str) -> NumberFile | None:
    for path in _files(place):
        words = re.split(r"[^a-z]+", path.stem.lower())
        rest = [word for word in words if word and part_called(word) != (part or "none")]
        if len(rest) == 1 and rest[0] in _GROUPS and (read := number_file(path)) is not None and read.columns == 1:
            return read
    return None


def _channels(place: Path, part: str) -> list[NumberFile]:
    """Of a folder beside, whose files are all called as of this part and hold equally long rows."""
    for name, inner in names_in(place):
        if not inner or hidden(name) or part_called(name):
            continue
        files = sorted(_files(place / name), key=lambda path: natural(path.name))
        read = [each for path in files if (each := number_file(path)) is not None and each.columns > 1]
        alike = {each.columns for each in read}
        if _FEWEST <= len(read) == len(files) and len(alike) == 1 and all(_named(path, part) for path in files):
            return read
    return []


def _named(path: Path, part: str) -> bool:
    return not part or part_called(re.split(r"[_\-. ]", path.stem)[-1]) == part


def base_of(path: Path) -> Path | None:
    """The folder whose text files are arrays, of a path that is such a folder or a file with inputs in it; else
    None."""
    if is_folder(path):
        return path if _parts(path) else None
    role = role_of(path.stem)
    if path.suffix.lower() not in _ENDINGS or role is None or role.kind != "input":
        return None
    for folder in (path.parent.parent, path.parent) if part_called(path.parent.name) else (path.parent,):
        if any(part.x.path == path for part in _parts(folder)):
            return folder
    return None


def number_store(path: Path) -> Store | None:
    """The arrays of such a folder, or of the one in which a file with inputs lies; None where it is none.

    Raises:
        NoData: if files do not fit each other.
    """
    base = base_of(path)
    if base is None:
        return None
    parts = _parts(base)
    arrays: dict[str, Stored] = {}
    files: list[Path] = []
    signals = all(each.channels for each in parts) and len({_of_channels(each) for each in parts}) == 1
    first = ("signals", "x") if signals and path.is_dir() else ("x", "signals")
    for kind in first if signals else ("x",):
        for each in parts:
            name = f"{each.before}{kind}"
            made = _signals(name, each) if kind == "signals" else _numbers(name, each.x, "float32")
            arrays[name] = made
            files += [one.path for one in each.channels] if kind == "signals" else [each.x.path]
    for each in parts:
        arrays[f"{each.before}y"] = _labels(f"{each.before}y", each.y)
        files.append(each.y.path)
    grouped = all(each.groups is not None for each in parts)
    group = "subject"
    for each in parts if grouped else ():
        assert each.groups is not None
        arrays[f"{each.before}{group}"] = _numbers(f"{each.before}{group}", each.groups, "int64")
        files.append(each.groups.path)
    names = {"x": parts[0].x.names or _listed(base, _NAME_FILES, parts[0].x.columns)}
    asks: tuple[tuple[str, str], ...] = ()
    if signals:
        names["signals"] = _of_channels(parts[0])
        steps = (parts[0].channels[0].columns, len(parts[0].channels))
        told = {
            "signals": (f"the recorded signals, {times(steps)} (steps × channels)", "signals"),
            "x": (f"the {parts[0].x.columns:,} numbers of {parts[0].x.path.name}", "x"),
        }
        asks = tuple(told[kind] for kind in first)
    return Store(
        arrays, tuple(files), words=_words(base), names=names, groups=group if grouped else "", asks=asks
    )  # fmt: skip


def _of_channels(part: _Part) -> tuple[str, ...]:
    names = (re.split(r"[_\-. ]", each.path.stem) for each in part.channels)
    return tuple("_".join(words[:-1] if part.name else words) for words in names)


def _numbers(name: str, file: NumberFile, dtype: str) -> Stored:
    import numpy

    single = dtype != "float32"
    shape = (file.count,) if single else (file.count, file.columns)

    def read() -> Any:
        made = file.read(dtype)
        return made.reshape(-1) if single else made

    return Stored(name, shape, numpy.dtype(dtype), read, file.text(dtype) + (".reshape(-1)" if single else ""))


def _signals(name: str, part: _Part) -> Stored:
    import numpy

    shape = (part.channels[0].count, part.channels[0].columns, len(part.channels))
    texts = ", ".join(each.text() for each in part.channels)

    def read() -> Any:
        made = []
        for each in part.channels:
            made.append(each.read())
            if made[-1].shape != shape[:2]:
                raise NoData(
                    f"{each.path.name} holds {times(made[-1].shape)} numbers, and {part.channels[0].path.name} "
                    f"{times(shape[:2])}. Get them again."
                )
        return numpy.stack(made, -1)

    return Stored(name, shape, numpy.dtype("float32"), read, f"numpy.stack([{texts}], -1)")


def _labels(name: str, file: NumberFile) -> Stored:
    """The last column of targets as whole numbers where they are such, else as numbers or as words; several columns are
    numbers."""
    import numpy

    if file.columns > 1 and number_file(file.path) is not None and not file.drop:
        return _numbers(name, file, "float32")
    cells = file.read(f"U{_MOST_LABEL}")[:, -1]
    kind = f"U{_MOST_LABEL}"
    if all(map(_is_number, cells.tolist())):
        kind = "int64" if all(float(cell).is_integer() and "." not in cell for cell in cells.tolist()) else "float64"
    kind = "int64" if kind == "float64" and all(float(cell).is_integer() for cell in cells.tolist()) else kind
    # Numbers such as 1.0000000e+00 are no whole numbers for numpy's reader.
    taken = f".astype('float64').astype({kind!r})" if kind != f"U{_MOST_LABEL}" else ""

    def read() -> Any:
        words = file.read(f"U{_MOST_LABEL}")[:, -1]
        return words if not taken else words.astype("float64").astype(kind)

    return Stored(name, (len(cells),), numpy.dtype(kind), read, f"{file.text(f'U{_MOST_LABEL}')}[:, -1]{taken}")


def _words(base: Path) -> tuple[str, ...]:
    """The names of classes that are stored from 1 on, such as ``1 WALKING`` in activity_labels.txt."""
    return next((words for path in _beside(base, _CLASS_FILES) if (words := _numbered(path))), ())


def _beside(base: Path, names: Sequence[str]) -> list[Path]:
    """Files of these names in the folder, and in the one around it where the folder is a part."""
    folders = (base, base.parent) if part_called(base.name) else (base,)
    return [folder / name for folder in folders for name in names]


def _listed(base: Path, files: Sequence[str], count: int) -> tuple[str, ...]:
    """As many names as there are columns, each once, from a list beside the data; nothing where there is none."""
    for path in _beside(base, files):
        words = _numbered(path)
        if len(words) != count:
            continue
        seen: dict[str, int] = {}
        for word in words:
            seen[word] = seen.get(word, 0) + 1
        if len(seen) == count:
            return words
        # 303 fBodyAcc-bandsEnergy()-1,8 stands three times in the list of UCI HAR, once for each axis.
        return tuple(f"{word} ({number})" if seen[word] > 1 else word for number, word in enumerate(words, start=1))
    return ()


def _numbered(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text("utf-8-sig").split("\n") if path.stat().st_size < _HEAD else []
    except (OSError, UnicodeDecodeError):
        return ()
    rows = [line.split(maxsplit=1) for line in lines if line.strip()]
    if not all(len(row) == 2 and row[0] == str(number) for number, row in enumerate(rows, start=1)):
        return ()
    return tuple(row[1].strip() for row in rows)
