"""A packed file as what it holds: a table or a text that is gzipped or alone in a zip file, or the IDX files of a zip
file. What is unpacked is kept in the cache folder of this computer as a folder of its own for each packed file, so
that whoever reads it needs to know nothing of packing, and the second look unpacks nothing."""

from __future__ import annotations

import atexit
import contextlib
import functools
import gzip
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, ParamSpec, TypeVar, cast

from nodes.api.schema import NoData, Recognised, Schema
from nodes.api.sources import Script
from nodes.api.words import cut, listed
from nodes.reading import cache
from nodes.reading.archives import is_zip, opened
from nodes.reading.folder_names import shared
from nodes.reading.listing import ending, hidden, tells_of_others
from nodes.reading.packed import BROKEN
from nodes.reading.part_names import for_training

TABLES = frozenset(
    {"csv", "tsv", "tab", "data", "dat", "txt", "text", "jsonl", "ndjson", "json", "parquet", "pq", "xlsx", "conll"}
)
PACKED = (".gz", ".zip")  # endings of files that may hold them
_TEXTS = frozenset({"txt", "text", "conll"})
_SAME = frozenset({"sqlite", "db", "sql"})  # data bases with what stands in a table beside them
BOOKS = frozenset({"xlsx", "xlsm", "xlsb", "ods"})  # which are zip files themselves
_BESIDE = frozenset({"md", "rst", "pdf", "html", "license", "names"})  # what lies beside a table in a zip file
_BEGIN = 200_000  # bytes of each file by which it is recognised
_GZIP = b"\x1f\x8b"
_MOST_NAMES = 50  # of a zip file, of which one holds a table
_PIECE = 2**20
LEAST_LIMIT = 2**30  # bytes that are unpacked of one file, however little is kept
_Settings = ParamSpec("_Settings")
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class PackedFile:
    """A packed file that holds one table or text, or IDX files. ``inside`` are the names of what is read of it and,
    by them, the names under which it lies there (empty in a gzipped file); ``left`` those of what is left alone."""

    path: Path
    inside: Mapping[str, str]
    several: bool
    left: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Another one as soon as the packed file was written to."""
        state = self.path.stat()
        told = f"{os.path.abspath(self.path)}\0{state.st_size}\0{state.st_mtime_ns}"
        return sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def packed_at(path: Path) -> PackedFile | None:
    """What is packed in a file; None where it is no packed file, or one that holds something else."""
    return shared(_packed_at, path)


def _packed_at(path: Path) -> PackedFile | None:
    if not path.is_file() or ending(path.name) in BOOKS:
        return None
    try:
        with path.open("rb") as file:
            sign = file.read(4)
    except OSError:
        return None
    if sign[:2] == _GZIP:
        name = path.name[:-3] if ending(path.name) == "gz" else path.name
        return PackedFile(path, {name: ""}, False) if ending(name) in TABLES else None
    return _in_zip(path) if is_zip(path) else None


def _in_zip(path: Path) -> PackedFile | None:
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    paths = [each.filename.replace("\\", "/") for each in entries if not each.is_dir()]
    paths = [each for each in paths if not any(hidden(part) for part in each.split("/"))]
    names = [each for each in paths if not _lies_beside(each)]
    if not names or len(names) > _MOST_NAMES:
        return None
    if all("idx" in each.rpartition("/")[2].lower() or "ubyte" in each.lower() for each in names):
        inside = {each.rpartition("/")[2]: each for each in names}
        return PackedFile(path, inside, True) if len(inside) == len(names) else None
    if len(names) == 1 and ending(names[0].removesuffix(".gz")) in TABLES:
        return PackedFile(path, {names[0].rpartition("/")[2]: names[0]}, False)
    if chosen := _one_table(names):
        left = tuple(each.rpartition("/")[2] for each in names if each != chosen)
        return PackedFile(path, {chosen.rpartition("/")[2]: chosen}, False, left)
    return None


def _one_table(names: list[str]) -> str:
    """The table of a zip file with little else: a data base of the same, a description, or the other tables of a
    contest. Empty where it holds other things, or which of several is not said."""
    tables = [each for each in names if ending(each) in TABLES - _TEXTS]
    descriptions = sum(ending(each) in _TEXTS for each in names)
    if not tables or descriptions > len(tables) or any(ending(each) not in TABLES | _SAME for each in names):
        return ""
    stems = {each: each.rpartition("/")[2].rpartition(".")[0] for each in tables}
    stem = for_training(list(stems.values()))
    return tables[0] if len(tables) == 1 else next((each for each in tables if stems[each] == stem), "")


def _lies_beside(path: str) -> bool:
    return ending(path.rpartition("/")[2]) in _BESIDE or tells_of_others(path)


def unpacked(path: str) -> str:
    """Where what a packed file holds can be read: a file, or a folder where it holds several; else the path itself.

    Raises:
        NoData: if it cannot be unpacked.
    """
    if not path:
        return path
    packed = packed_at(Path(path))
    if packed is None:
        return path
    place = kept_unpacked() / packed.key
    if not place.is_dir():
        _unpack(packed, place, None)
        with contextlib.suppress(OSError):
            make_room(place)
    with contextlib.suppress(OSError):
        os.utime(place)  # used last
    if packed.several:
        return str(place)
    (name,) = packed.inside
    return unpacked(str(place / name))  # a gzipped table in a zip file


def _begun(packed: PackedFile) -> Path:
    """The first bytes of what a packed file holds, as files."""
    place = kept_unpacked() / f"{packed.key}.begin"
    if not place.is_dir():
        _unpack(packed, place, _BEGIN)
    (name, *more) = packed.inside
    if packed.several or more:
        return place
    again = packed_at(place / name)
    return place / name if again is None else _begun(again)


def why_not_unpacked(path: Path) -> str:
    """Why a packed file cannot be unpacked, in a sentence; empty where it can, or is none."""
    packed = packed_at(path)
    try:
        if packed is not None:
            _begun(packed)
    except NoData as reason:
        return str(reason)
    return ""


@functools.cache
def _own_folder() -> Path:
    place = tempfile.mkdtemp(prefix="netloom-")
    atexit.register(shutil.rmtree, place, True)
    return Path(place)


def kept_unpacked() -> Path:
    """Where it is kept; for this session alone where nothing is to be kept."""
    return cache.folder().parent / "unpacked" if cache.limit() else _own_folder()


def _unpack(packed: PackedFile, place: Path, most: int | None) -> None:
    """Unpack into a folder, at most ``most`` bytes of each file.

    Raises:
        NoData: if the file is damaged or too large.
    """
    fresh = place.with_name(f"{place.name}.{os.getpid()}-{os.urandom(4).hex()}")
    state = packed.path.stat()
    try:
        fresh.mkdir(parents=True)
        for name, inner in packed.inside.items():
            with _stream(packed, inner) as source, (fresh / name).open("wb") as file:
                _copy(source, file, packed.path.name, most)
            os.utime(fresh / name, ns=(state.st_atime_ns, state.st_mtime_ns))
        with contextlib.suppress(OSError):  # another program was quicker
            fresh.replace(place)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, *BROKEN) as error:
        raise NoData(
            f"{packed.path.name} is cut off or damaged: what it holds cannot be unpacked to its end "
            f"({str(error)[:80] or type(error).__name__}). Copy or get it again."
        ) from None
    except OSError as error:
        raise NoData(
            f"{packed.path.name} cannot be unpacked: {error.strerror or error}. Make room on the disk, or unpack it "
            "yourself and choose what comes out."
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@contextlib.contextmanager
def _stream(packed: PackedFile, inner: str) -> Any:
    if not inner:
        with gzip.open(packed.path) as file:
            yield file
        return
    archive = opened(packed.path)
    try:
        said = next((each.trouble for each in archive.entries() if each.path == inner and each.trouble), "")
    finally:
        archive.close()
    if said and "at most" not in said:  # that one is for what is unpacked in memory
        raise NoData(f"{inner} in {packed.path.name} {said} Unpack it, and choose what comes out.")
    with zipfile.ZipFile(packed.path) as outer:
        info = next(each for each in outer.infolist() if each.filename.replace("\\", "/") == inner)
        with outer.open(info) as file:
            yield file


def _copy(source: IO[bytes], file: IO[bytes], name: str, most: int | None) -> None:
    limit = max(cache.limit(), LEAST_LIMIT)
    written = 0
    while piece := source.read(_PIECE if most is None else min(_PIECE, most - written)):
        file.write(piece)
        written += len(piece)
        if most is not None and written >= most:
            return
        if written > limit:
            raise NoData(
                f"{name} unpacks to more than {limit / 2**30:,.0f} GB. Unpack it yourself, and choose what comes out."
            )


def make_room(but: Path) -> None:
    """Remove what was not used for longest until all has the size that the cache may have."""
    kept = []
    for folder in but.parent.iterdir():
        if folder != but and folder.is_dir():
            size = sum(each.stat().st_size for each in folder.rglob("*"))
            kept.append((folder.stat().st_mtime, size, folder))
    left = sum(size for _, size, _ in kept)
    for _, size, folder in sorted(kept):
        if left <= cache.limit():
            break
        shutil.rmtree(folder, ignore_errors=True)
        left -= size


def reading_packed(function: Callable[_Settings, _Made]) -> Callable[_Settings, _Made]:
    """A function of a source that reads a file, reading packed ones as well."""

    @functools.wraps(function)
    def read(*args: _Settings.args, **settings: _Settings.kwargs) -> _Made:
        path = str(settings["path"])
        there = unpacked(path)
        if settings.get("beside"):  # lies beside the packed file, and not beside what it holds
            settings["beside"] = unpacked(os.path.join(os.path.dirname(path), str(settings["beside"])))
        settings["path"] = there
        made = function(*args, **settings)
        if isinstance(made, Script) and there != path:
            return cast(_Made, _printed(made, path))
        if isinstance(made, Schema) and path:
            return cast(_Made, _with_left(made, packed_at(Path(path))))
        return made

    return read


def _with_left(schema: Schema, packed: PackedFile | None) -> Schema:
    """A schema that says what of a packed file is left alone."""
    if packed is None or not packed.left:
        return schema
    (name,) = packed.inside
    are = "is" if len(packed.left) == 1 else "are"
    said = f"Of {cut(packed.path.name, 40)}, {name} is read; {listed(packed.left, most=4)} {are} not"
    return replace(schema, remarks=(*schema.remarks, said))


def recognising_packed(recognise: Callable[[Path], Recognised | None]) -> Callable[[Path], Recognised | None]:
    """Whether a source reads what a packed file holds, by its first bytes."""

    @functools.wraps(recognise)
    def recognised(path: Path) -> Recognised | None:
        packed = packed_at(path)
        if packed is None:
            return recognise(path)
        try:
            found = recognise(shared(_begin_at, path))
        except NoData:
            return None
        return replace(found, settings={**found.settings, "path": str(path)}) if found is not None else None

    return recognised


def _begin_at(path: Path) -> Path:
    packed = packed_at(path)
    assert packed is not None
    return _begun(packed)


def _printed(script: Script, path: str) -> Script:
    """The lines of a program with those before them that unpack what they read."""
    before = ["unpacked = tempfile.mkdtemp()  # the packed file stays as it is"]
    imports = ["import tempfile"]
    names: dict[str, str] = {}
    outer: PackedFile | None = packed_at(Path(path))
    source = repr(path)
    while outer is not None:
        place = kept_unpacked() / outer.key
        for name, inner in outer.inside.items():
            there = f"unpacked + {'/' + name!r}"
            names[repr(str(place / name))] = there
            if inner:
                imports.append("import zipfile")
                before.append(f"with zipfile.ZipFile({source}) as packed, open({there}, 'wb') as file:")
                before.append(f"    file.write(packed.read({inner!r}))")
            else:
                imports += ["import gzip", "import shutil"]
                before.append(f"with gzip.open({source}) as packed, open({there}, 'wb') as file:")
                before.append("    shutil.copyfileobj(packed, file)")
        if outer.several:
            break
        (name,) = outer.inside
        source = f"unpacked + {'/' + name!r}"
        outer = packed_at(place / name)
    lines = list(script.lines)
    for literal, expression in names.items():
        lines = [line.replace(literal, expression) for line in lines]
    added = tuple(each for each in dict.fromkeys(imports) if each not in script.imports)
    return replace(script, lines=(*before, *lines), imports=(*added, *script.imports))
