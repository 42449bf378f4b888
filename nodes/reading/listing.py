"""The files of one kind below a folder or in a zip file, found without opening any: names, sizes, times, and what was
left out and why.

A listing is made beside a window that must stay smooth. So it is kept in a few long columns of texts and numbers, none
of which the garbage collector has to look through, and nothing sorts or copies all of them in one step.
"""

from __future__ import annotations

import os
import re
import stat
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import nsmallest
from pathlib import Path
from typing import IO, Any

from nodes.api.schema import MOST_SKIPPED, NoData, Skipped
from nodes.api.words import cut
from nodes.reading.archives import Archive, opened

TABLES = frozenset({"csv", "tsv", "jsonl"})
SIDECARS = frozenset({"xmp", "txt", "json", "xml", "yaml", "yml", "md", "aae", "thm", "html", "log", "rtf", "pdf"})
_ARCHIVES = frozenset({"zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar"})
_PICTURES_OF_OTHERS = frozenset({"heic", "heif", "svg", "psd", "raw", "cr2", "cr3", "nef", "dng", "arw", "eps", "xcf"})
_JUNK = frozenset(
    "thumbs.db/ehthumbs.db/desktop.ini/icon\r/__macosx/@eadir/$recycle.bin/__pycache__/"
    "system volume information/lost+found".split("/")
)
_TELLING = frozenset({"readme", "read_me", "read-me", "license", "licence", "citation", "changelog", "copying"})
_LIST = re.compile(
    r"^(list|labels?|annotations?|identity|metadata|train|val|valid|test)(?![a-z])|_(list|labels?)\.txt$|\.trans\.txt$"
)
_ASKED = 512  # of the files, spread evenly over their names, are kept at hand for whoever wants to look into a few


@dataclass
class Listing:
    """Files below ``root``. File number i is called ``names[i]`` and lies in ``folders[folder_of[i]]``, a path below
    the root with ``/`` between its parts, empty for the root itself.

    ``sizes`` are in bytes, ``times`` what the file system says of the last change, in nanoseconds (of a file in a zip
    file, the check sum that stands beside it). ``tables`` are the paths of tables below the root. ``asked`` are the
    numbers of a few files that the same files always give, whatever the order in which they were found. ``stamp`` is
    another one as soon as a file came, went, grew or was written to. Files of the endings ``empties`` say something
    also where there is nothing in them.
    """

    root: Path
    archive: Archive | None = None
    folders: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    folder_of: array[int] = field(default_factory=lambda: array("i"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    times: array[int] = field(default_factory=lambda: array("q"))
    tables: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    skipped_count: int = 0
    asked: list[int] = field(default_factory=list)
    stamp: str = ""
    empties: frozenset[str] = frozenset()
    lists: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def path(self, number: int) -> str:
        """The path of a file below the root, with ``/``."""
        folder = self.folders[self.folder_of[number]]
        return f"{folder}/{self.names[number]}" if folder else self.names[number]

    def skip(self, name: str, reason: str) -> None:
        """Write down that something is no sample."""
        self.skipped_count += 1
        if len(self.skipped) < MOST_SKIPPED:
            self.skipped.append(Skipped(shown(name), reason))

    def is_used(self, name: str) -> None:
        """Take back that something is no sample: it says what the samples are."""
        kept = [each for each in self.skipped if each.name != shown(name)]
        self.skipped_count -= len(self.skipped) - len(kept)
        self.skipped[:] = kept

    def open(self, number: int) -> IO[bytes]:
        """A file, for reading.

        Raises:
            OSError: if it is gone or may not be read.
            ValueError: if it is not as it was when it was listed, or its archive is damaged there.
        """
        path = self.path(number)
        if self.archive is not None:
            return self.archive.open(path)
        file = open(os.path.join(self.root, path), "rb")  # noqa: SIM115 - the caller closes it
        state = os.fstat(file.fileno())
        if state.st_size != self.sizes[number] or state.st_mtime_ns != self.times[number]:
            file.close()
            raise ValueError("has changed since its folder was looked at. Look at it again")
        return file

    def rewritten(self, number: int) -> bool:
        """Whether a file was written to, or replaced, since it was listed. One that is gone was not."""
        if self.archive is not None:
            return False  # it is one file, of which others see to it that it is as it was
        try:
            state = os.stat(os.path.join(self.root, self.path(number)))
        except OSError:
            return False
        return state.st_size != self.sizes[number] or state.st_mtime_ns != self.times[number]

    def open_table(self, path: str) -> IO[bytes]:
        """A table, for reading."""
        if self.archive is not None:
            return self.archive.open(path)
        return open(os.path.join(self.root, path), "rb")


def shown(name: str) -> str:
    """A file's name as it can stand in a sentence, also where the file system's is no text."""
    return cut(name.encode("utf-8", "replace").decode("utf-8"), 120)


def natural(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """By what names are sorted as people count: frame2 before frame10, capitals beside small letters."""
    parts = re.split(r"([0-9]+)", name.lower())
    return tuple((1, int(part), "") if index % 2 else (0, 0, part) for index, part in enumerate(parts)), name


def ending(name: str) -> str:
    """What a file's name or path ends in, in small letters without the dot."""
    found = name.rpartition(".")[2].lower() if "." in name else ""
    return "" if "/" in found else found  # the dot is that of a folder, as in rec.autos/10023


def hidden(name: str) -> bool:
    """Whether a system or a program put something there for itself."""
    return name.startswith((".", "~$")) or name.lower() in _JUNK


def tells_of_others(path: str) -> bool:
    """Whether a file is called as one that only tells what lies beside it."""
    return path.rpartition("/")[2].partition(".")[0].lower() in _TELLING


class TooMany(Exception):
    """A folder holds more files than somebody wants to list."""


Begins = Callable[[bytes], bool]


def begins(path: str | Path, asked: Begins | None) -> bool:
    """Whether the first bytes of a file are such as is asked for."""
    if asked is None:
        return False
    try:
        with open(path, "rb") as file:
            return asked(file.read(12))
    except OSError:
        return False


def listing(
    root: Path,
    endings: frozenset[str],
    noun: str,
    most: int | None = None,
    known: Begins | None = None,
    empties: frozenset[str] = frozenset(),
    lists: bool = False,
) -> Listing:
    """The files of these endings at ``root``: a folder, a zip file, or a single file. ``noun`` is what one is called.
    Files without any ending, and a single one with another, count where their first bytes are ``known``. An empty file
    is left out, unless it has one of the endings ``empties``. With ``lists``, texts that are called as lists are
    among the tables, too.

    Raises:
        TooMany: if a folder holds more than ``most`` of them.
        NoData: if there is nothing, it may not be read, or the zip file is damaged or locked.
    """
    found = Listing(root, empties=empties, lists=lists)
    marks = _Marks()
    if root.is_dir():
        _walk(found, endings, noun, marks, most, known)
    elif not root.exists():
        raise NoData(f"There is nothing at {root}. It may have been moved; find it, or choose another one.")
    elif ending(root.name) in endings or begins(root, known):
        state = root.stat()
        found.root = root.parent
        found.folders.append("")
        _add(found, marks, "", 0, root.name, state.st_size, state.st_mtime_ns)
    else:
        found.archive = opened(root)
        _unpacked(found, endings, noun, marks)
    found.asked = [number for _, number in nsmallest(_ASKED, zip(marks.digests, range(len(found))))]
    for path in sorted(found.tables):
        marks.add(path, 0, 0 if found.archive else _time(found.root, path))
    found.stamp = f"{len(found)}-{marks.total:032x}"
    return found


def _time(root: Path, path: str) -> int:
    try:
        return os.stat(os.path.join(root, path)).st_mtime_ns
    except OSError:
        return 0


class _Marks:
    """What tells a set of files from another, whatever their order: the sum of a digest of each."""

    def __init__(self) -> None:
        self.digests = array("Q")
        self.total = 0

    def add(self, path: str, size: int, time: int) -> int:
        text = f"{path}\0{size}\0{time}".encode("utf-8", "surrogateescape")
        digest = int.from_bytes(blake2b(text, digest_size=16).digest(), "little")
        self.total = (self.total + digest) % 2**128
        return digest % 2**64


def _add(found: Listing, marks: _Marks, folder: str, place: int, name: str, size: int, time: int) -> bool:
    """Write down a file; False if it is empty."""
    path = f"{folder}/{name}" if folder else name
    if size == 0 and ending(name) not in found.empties:
        found.skip(path, "is empty (0 bytes).")
        return False
    found.folder_of.append(place)
    found.names.append(name)
    found.sizes.append(size)
    found.times.append(time)
    marks.digests.append(marks.add(path, size, time))
    return True


def why_no(kind: str, noun: str) -> str:
    """Why a file with this ending is left out."""
    if kind in _PICTURES_OF_OTHERS:
        return f"is a {kind.upper()} file, which is not read. Save it as PNG or JPEG."
    if kind in SIDECARS:
        return f"is no {noun}, but something that lies beside them."
    if kind in _ARCHIVES:
        return "is packed. Unpack it, or choose it alone."
    return f"is no {noun}."


def _beside(found: Listing, path: str, kind: str, noun: str) -> None:
    """Write down a file that is none of the samples. It may say what they are, if it is called as a list."""
    found.skip(path, why_no(kind, noun))
    if found.lists and kind == "txt" and _LIST.search(path.rpartition("/")[2].lower()):
        found.tables.append(path)


def _walk(
    found: Listing, endings: frozenset[str], noun: str, marks: _Marks, most: int | None, known: Begins | None
) -> None:
    root = os.fspath(found.root)
    try:
        first = os.scandir(root)
    except OSError as error:
        raise NoData(
            f"The folder {found.root} cannot be read: {error.strerror or error}. Ask for permission, or copy it."
        ) from None
    seen = _Folders(root)
    below: dict[str, bool] = {}  # every folder but the root, and whether it holds a file or folder of any use
    waiting: list[tuple[str, Any]] = [("", first)]
    while waiting:
        folder, entries = waiting.pop()
        place = -1
        try:
            with entries if entries is not None else os.scandir(os.path.join(root, folder)) as inside:
                for entry in inside:
                    name = entry.name
                    path = f"{folder}/{name}" if folder else name
                    if hidden(name):
                        found.skip(path, "belongs to the system or to another program.")
                        continue
                    try:
                        if entry.is_dir():
                            if not seen.add(entry):
                                found.skip(path, "is a link to a folder that is read already.")
                            else:
                                below[path] = False
                                waiting.append((path, None))
                            continue
                        kind = ending(name)
                        if kind in endings or (not kind and entry.is_file() and begins(entry.path, known)):
                            state = entry.stat()
                            if not stat.S_ISREG(state.st_mode):
                                found.skip(path, "is no ordinary file, but a pipe, a device or the like.")
                                continue
                            if place < 0:
                                place = len(found.folders)
                                found.folders.append(folder)
                            if _add(found, marks, folder, place, name, state.st_size, state.st_mtime_ns):
                                below[folder] = True
                            if most is not None and len(found.names) > most:
                                raise TooMany
                        elif kind in TABLES:
                            found.tables.append(path)
                        else:
                            _beside(found, path, kind, noun)
                    except OSError as error:
                        found.skip(path, f"cannot be read: {error.strerror or error}.")
        except OSError as error:
            found.skip(folder, f"is a folder that cannot be read: {error.strerror or error}.")
            below[folder] = True
    _name_empty(found, below, noun)


class _Folders:
    """The folders that are read: a link may lead back, or to what is read elsewhere. As long as there is no link, none
    of thousands of folders has to be asked which one it is."""

    def __init__(self, root: str) -> None:
        self._paths = [root]
        self._known: set[tuple[int, int]] | None = None

    def add(self, entry: os.DirEntry[str]) -> bool:
        """Take in a folder, or a link to one; False if it is read already."""
        if self._known is None:
            if not entry.is_symlink():
                self._paths.append(entry.path)
                return True
            self._known = {_identity(path) for path in self._paths if os.path.isdir(path)}
        key = _identity(entry.path)
        if key in self._known:
            return False
        self._known.add(key)
        return True


def _identity(path: str) -> tuple[int, int]:
    state = os.stat(path)
    return state.st_dev, state.st_ino


def _name_empty(found: Listing, below: dict[str, bool], noun: str) -> None:
    """Write down the outermost of the folders that hold nothing."""
    full = {""}
    for folder, holds in below.items():
        while holds and folder not in full:
            full.add(folder)
            folder = folder.rpartition("/")[0]
    for folder in below:
        if folder not in full and folder.rpartition("/")[0] in full:
            found.skip(folder, f"is a folder without any {noun}.")


def _unpacked(found: Listing, endings: frozenset[str], noun: str, marks: _Marks) -> None:
    assert found.archive is not None
    places: dict[str, int] = {}
    below: dict[str, bool] = {}
    told: set[str] = set()
    for packed in found.archive.entries():
        if packed.trouble:
            found.skip(packed.path, packed.trouble)
            continue
        folder, _, name = packed.path.rpartition("/")
        parts = packed.path.split("/")
        bad = next((index for index, part in enumerate(parts) if hidden(part)), None)
        if bad is not None:
            path = "/".join(parts[: bad + 1])
            if path not in told:
                told.add(path)
                found.skip(path, "belongs to the system or to another program.")
            continue
        for index in range(1, len(parts) if not packed.folder else len(parts) + 1):
            below.setdefault("/".join(parts[:index]), False)
        if packed.folder:
            continue
        kind = ending(name)
        if kind in endings:
            if folder not in places:
                places[folder] = len(found.folders)
                found.folders.append(folder)
            if _add(found, marks, folder, places[folder], name, packed.size, packed.check):
                below[folder] = True
        elif kind in TABLES:
            found.tables.append(packed.path)
            marks.add(packed.path, packed.size, packed.check)
        else:
            _beside(found, packed.path, kind, noun)
    below.pop("", None)
    _name_empty(found, below, noun)
