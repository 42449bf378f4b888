"""Pictures in the cells of Parquet files, as the Hugging Face Hub keeps its sets of pictures. They are written as files
into the cache folder of this computer, in a folder for each class, and read from there as any others."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from nodes.api.schema import NoData, Recognised, Schema
from nodes.api.sources import Script
from nodes.api.words import listed, quoted
from nodes.reading import cache
from nodes.reading.folder_names import names_in, shared
from nodes.reading.listing import ending, hidden
from nodes.reading.part_names import part_called
from nodes.reading.pictures import begins_as_picture
from nodes.reading.unpacking import LEAST_LIMIT, kept_unpacked, make_room

if TYPE_CHECKING:
    import polars as pl

_ENDINGS = frozenset({"parquet", "pq"})
_BESIDE = frozenset({"md", "json", "gitattributes", "gitignore", "py", "txt", ""})  # beside the files of the Hub
_MOST_FILES = 500
_ASKED = 8  # cells that are looked at
_LABELS = ("label", "labels", "class", "target", "fine_label", "category")  # of several columns, the first of these
_BAD = '/\\:*?"<>|\0'  # in the name of a folder, on one system or another
_UNKNOWN = (None, -1)  # labels of the pictures of a test part, of which the Hub gives none away
_Settings = ParamSpec("_Settings")
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class HubPictures:
    """Parquet files with pictures. ``files`` are they with the part of PARTS that each is, empty where none is said;
    ``image`` and ``label`` are columns, ``label`` empty where there is none. ``names`` are those of the classes, of
    which the cells hold the numbers; empty where the cells hold the names. ``left`` are the other columns."""

    path: Path
    files: tuple[tuple[Path, str], ...]
    image: str
    label: str
    names: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def key(self) -> str:
        """Another one as soon as a file was written to."""
        told = [os.path.abspath(self.path), self.image, self.label]
        for file, part in self.files:
            state = file.stat()
            told += [str(file), part, str(state.st_size), str(state.st_mtime_ns)]
        return sha256("\0".join(told).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def hub_pictures_at(path: Path) -> HubPictures | None:
    """The pictures in the cells of a Parquet file, or of those of a folder; None where there are none."""
    return shared(_at, path)


def _at(path: Path) -> HubPictures | None:
    import polars as pl

    try:
        # By its name first: nothing is asked of thousands of files that are called otherwise.
        files = [path] if ending(path.name) in _ENDINGS and path.is_file() else list(_files_in(path))
        if not files or len(files) > _MOST_FILES or not _is_parquet(files[0]):
            return None
        schema = pl.read_parquet_schema(files[0])
        image = next((name for name, dtype in schema.items() if _holds_files(dtype)), "")
        if not image or not _are_pictures(files[0], image):
            return None
        features = _features(files[0])
    except (OSError, ValueError, pl.exceptions.PolarsError):
        return None
    label = _label(schema, features)
    told = features.get(label, {}).get("names") if schema.get(label, pl.String).is_integer() else None
    names = tuple(map(str, told)) if isinstance(told, list) else ()
    left = tuple(name for name in schema if name not in (image, label))
    return HubPictures(path, tuple((file, _part(path, file)) for file in files), image, label, names, left)


def _files_in(folder: Path, deep: int = 2) -> Iterator[Path]:
    """The Parquet files in a folder and those in it; none where there is something else than what tells of them."""
    found: list[Path] = []
    for name, is_folder in names_in(folder):
        if hidden(name):
            continue
        if is_folder and deep:
            below = list(_files_in(folder / name, deep - 1))
            if not below:
                return
            found += below
        elif not is_folder and ending(name) in _ENDINGS:
            found.append(folder / name)
        elif is_folder or ending(name) not in _BESIDE:
            return
    yield from found


def _is_parquet(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"PAR1"


def _holds_files(dtype: Any) -> bool:
    import polars as pl

    fields = {each.name: each.dtype for each in dtype.fields} if isinstance(dtype, pl.Struct) else {}
    return fields.get("bytes") == pl.Binary and set(fields) <= {"bytes", "path"}


def _are_pictures(file: Path, image: str) -> bool:
    import polars as pl

    cells = pl.scan_parquet(file, glob=False).select(image).head(_ASKED).collect()[image].drop_nulls()
    held = [cell["bytes"] for cell in cells if cell["bytes"]]
    return bool(held) and sum(map(begins_as_picture, held)) > len(held) / 2


def _features(file: Path) -> dict[str, dict[str, Any]]:
    """What the library datasets wrote of each column, such as the names of the classes."""
    import polars as pl

    told = json.loads(pl.read_parquet_metadata(file).get("huggingface", "{}"))
    found = told.get("info", {}).get("features", {}) if isinstance(told, dict) else {}
    return {name: each for name, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}


def _label(schema: Mapping[str, Any], features: Mapping[str, Mapping[str, Any]]) -> str:
    import polars as pl

    can = [name for name, dtype in schema.items() if dtype == pl.String or dtype.is_integer()]
    told = [name for name in can if features.get(name, {}).get("_type") == "ClassLabel"]
    return next((name for name in _LABELS if name in (told or can)), next(iter(told), ""))


def _part(root: Path, file: Path) -> str:
    """The part that a file is: ``train-00000-of-00002.parquet``, ``train/0000.parquet``."""
    if file == root:
        return ""
    first = file.stem.replace("_", "-").partition("-")[0]
    return part_called(file.stem) or part_called(first) or part_called(file.parent.name if file.parent != root else "")


def _folder_called(label: Any, names: tuple[str, ...]) -> str:
    """The name of the folder of a class: that of its number, or the label itself."""
    known = isinstance(label, int) and 0 <= label < len(names)
    return "".join("_" if letter in _BAD else letter for letter in (names[label] if known else str(label))).strip(". ")


def _written(found: HubPictures) -> Path:
    """The folder with the pictures as files.

    Raises:
        NoData: if they cannot be read or written.
    """
    place = kept_unpacked() / found.key
    inner = place / (found.path.stem or "pictures")
    if not place.is_dir():
        fresh = place.with_name(f"{place.name}.{os.getpid()}-{os.urandom(4).hex()}")
        try:
            _write(found, fresh / inner.name)
            with contextlib.suppress(OSError):  # another program was quicker
                fresh.replace(place)
        except OSError as error:
            raise NoData(
                f"The pictures of {found.path.name} cannot be written into the cache folder: "
                f"{error.strerror or error}. Make room on the disk."
            ) from None
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        with contextlib.suppress(OSError):
            make_room(place)
    with contextlib.suppress(OSError):
        os.utime(place)  # used last
    return inner


def _write(found: HubPictures, folder: Path) -> None:
    limit, written, count = max(cache.limit(), LEAST_LIMIT), 0, 0
    number = 0  # of the row, over all files: 2019/0000.parquet and 2020/0000.parquet have the same name
    for file, part in found.files:
        state = file.stat()
        for cell, *label in _rows(found, file).iter_rows():
            number += 1
            content = cell["bytes"] if cell is not None else None
            if content is None or (found.label and label[0] in _UNKNOWN):
                continue  # where there is but a path, the file lies on somebody else's disk
            written += len(content)
            if written > limit:
                raise NoData(
                    f"{found.path.name} holds more than {limit / 2**30:,.0f} GB of pictures, which is more than the "
                    "cache folder may keep. Save some of them as files into a folder of each class."
                )
            place = folder / part / (_folder_called(label[0], found.names) if found.label else "")
            place.mkdir(parents=True, exist_ok=True)
            end = "jpg" if content[:2] == b"\xff\xd8" else "png"
            made = place / f"{file.stem}-{number:07}.{end}"
            made.write_bytes(content)
            os.utime(made, ns=(state.st_atime_ns, state.st_mtime_ns))
            count += 1
    if not count:
        raise NoData(f"{found.path.name} names pictures and holds none of them. Get the files that hold them as well.")


def _rows(found: HubPictures, file: Path) -> pl.DataFrame:
    import polars as pl

    try:
        rows = pl.read_parquet(file, columns=[each for each in (found.image, found.label) if each], glob=False)
    except pl.exceptions.PolarsError as error:
        said = " ".join(str(error).split())[:120]
        raise NoData(f"{file.name} is cut off or has other columns: {said}. Get it again.") from None
    if not _holds_files(rows.schema[found.image]):
        raise NoData(
            f"The column {quoted(found.image, 40)} of {file.name} holds no pictures, as that of "
            f"{found.files[0][0].name} does. Put it into another folder."
        )
    return rows


def reading_hub(function: Callable[_Settings, _Made]) -> Callable[_Settings, _Made]:
    """A function of a source of files in folders, reading those in the cells of Parquet files as well."""

    @functools.wraps(function)
    def read(*args: _Settings.args, **settings: _Settings.kwargs) -> _Made:
        path = Path(str(settings["path"])).expanduser()
        found = hub_pictures_at(path) if settings["path"] else None
        if found is None:
            return function(*args, **settings)
        folder = _written(found)
        settings["path"] = str(folder)
        made = function(*args, **settings)
        if isinstance(made, Script):
            return cast(_Made, _printed(made, found, folder))
        if isinstance(made, Schema):
            return cast(_Made, _told(made, found))
        return made

    return read


def recognising_hub(recognise: Callable[[Path], Recognised | None]) -> Callable[[Path], Recognised | None]:
    """Whether a source reads a path, or the pictures in the cells of its Parquet files."""

    @functools.wraps(recognise)
    def recognised(path: Path) -> Recognised | None:
        known = hub_pictures_at(path) is not None
        return Recognised({"path": str(path)}, 0.97) if known else recognise(path)

    return recognised


def _told(schema: Schema, found: HubPictures) -> Schema:
    said = [f"The pictures lie in the column {quoted(found.image, 40)}"]
    if found.label:
        said[0] += f", their classes in {quoted(found.label, 40)}"
    if without := _without_label(found):
        many = "1 picture has" if without == 1 else f"{without:,} pictures have"
        said.append(f"{many} no label there and {'is' if without == 1 else 'are'} left out")
    if found.left:
        many = "is" if len(found.left) == 1 else "are"
        said.append(f"{listed([quoted(each, 40) for each in found.left], most=4)} {many} not read")
    return replace(schema, remarks=(*schema.remarks, *said))


def _without_label(found: HubPictures) -> int:
    import polars as pl

    if not found.label:
        return 0
    labels = pl.col(found.label)
    files = [pl.scan_parquet(file, glob=False).select(labels).collect().to_series() for file, _ in found.files]
    return sum(each.null_count() + int((each == -1).sum() if each.dtype.is_integer() else 0) for each in files)


def _printed(script: Script, found: HubPictures, folder: Path) -> Script:
    """The lines of a program with those before them that write the pictures as files."""
    columns = [each for each in (found.image, found.label) if each]
    before = [
        "unpacked = Path(tempfile.mkdtemp())  # the Parquet files stay as they are",
        "files = [",
        *(f"    ({str(file)!r}, {part!r})," for file, part in found.files),
        "]",
        f"names = {list(found.names)!r}  # of the classes",
        "number = 0",
        "for file, part in files:",
        f"    table = pl.read_parquet(file, columns={columns!r}, glob=False)",
        "    for cell, *label in table.iter_rows():",
        "        number += 1",
        f"        if cell is None or cell['bytes'] is None{' or label[0] in (None, -1)' if found.label else ''}:",
        "            continue",
        "        place = unpacked / part",
    ]
    if found.label:
        before += [
            "        known = isinstance(label[0], int) and 0 <= label[0] < len(names)",
            "        called = names[label[0]] if known else str(label[0])",
            f"        place /= ''.join('_' if letter in {_BAD!r} else letter for letter in called).strip('. ')",
        ]
    before += [
        "        place.mkdir(parents=True, exist_ok=True)",
        "        end = 'jpg' if cell['bytes'][:2] == b'\\xff\\xd8' else 'png'",
        "        (place / f'{Path(file).stem}-{number:07}.{end}').write_bytes(cell['bytes'])",
    ]
    lines = [line.replace(f"Path({str(folder)!r})", "unpacked") for line in script.lines]
    imports = ("import tempfile", "from pathlib import Path", "import polars as pl")
    added = tuple(each for each in imports if each not in script.imports)
    return replace(script, lines=(*before, *lines), imports=(*added, *script.imports))
