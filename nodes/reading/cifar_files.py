"""The files of CIFAR-10 and CIFAR-100: as pickles and as plain bytes, in a folder or in the archive they come in."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from nodes.api import NoData
from nodes.reading.folder_names import names_in
from nodes.reading.pickles import PickleRefused, plain

SIDE = 32
PIXELS = 3 * SIDE * SIDE
# File names, and which part they are.
TEN = {**{f"data_batch_{number}": "train" for number in range(1, 6)}, "test_batch": "test"}
HUNDRED = {"train": "train", "test": "test"}
WORDS_TEN = ("batches.meta.txt", "batches.meta")
WORDS_HUNDRED = ("fine_label_names.txt", "coarse_label_names.txt", "meta")
MOST_MEMBER = 2**30  # bytes of one file in an archive
MOST_FOLDERS = 100  # in a folder that are looked into
_STEMS = (*TEN, *HUNDRED)
_NAMES = (*_STEMS, *(f"{stem}.bin" for stem in _STEMS), *WORDS_TEN, *WORDS_HUNDRED)


@dataclass
class Batch:
    """One file. ``pixels`` (n, 3, 32, 32) bytes, a map of the file where that is possible; ``labels`` and ``coarse``
    (n,), the latter of CIFAR-100 alone. ``missing`` says in a sentence what the file lacks."""

    name: str
    part: str
    pixels: Any
    labels: Any
    coarse: Any = None
    missing: str = ""


@dataclass
class Cifar:
    """All files of one set. ``binary`` says that they are plain bytes; ``archive`` that they lie in one."""

    batches: list[Batch]
    hundred: bool
    binary: bool
    archive: bool
    words: tuple[str, ...] = ()
    coarse_words: tuple[str, ...] = ()
    files: list[Path] = field(default_factory=list)


def names_of(path: Path) -> dict[str, str]:
    """The files of a folder (or one folder in it) or an archive that bear names of the sets: where each is, by its
    name. Empty if there are none, or nothing can be read."""
    try:
        if path.is_dir():
            below = [os.path.join(path, name) for name, is_folder in names_in(path) if is_folder][:MOST_FOLDERS]
            for folder in (os.fspath(path), *below):
                # The few names are asked for one by one: the folder may hold 100,000 others.
                places = ((name, os.path.join(folder, name)) for name in _NAMES)
                found = {name: place for name, place in places if os.path.isfile(place)}
                if any(_part(name) for name in found):
                    return found
            return {}
        with tarfile.open(path) as archive:
            files = (member for member in archive if member.isfile() and member.size <= MOST_MEMBER)
            return {PurePosixPath(each.name).name: each.name for each in files if _known(PurePosixPath(each.name).name)}
    except (OSError, tarfile.TarError, EOFError):
        return {}


def _known(name: str) -> bool:
    return name in _NAMES


def _part(name: str) -> str:
    stem = name.removesuffix(".bin")
    return TEN.get(stem) or HUNDRED.get(stem) or ""


def read(path: Path, pixels: bool) -> Cifar:
    """All that is there; without ``pixels`` no picture of a pickle is kept, only its labels.

    Raises:
        NoData: if these are no files of the sets.
        ValueError: if one of them is damaged, or wants to run something.
    """
    contents = _contents(path)
    if not contents:
        raise NoData(
            f"{path} holds none of CIFAR's files, such as data_batch_1 or train.bin. Choose the folder or the archive "
            "that was downloaded."
        )
    names = [name for name in contents if _part(name)]
    hundred = not any(name.removesuffix(".bin") in TEN for name in names)
    known = TEN if not hundred else HUNDRED
    stems = {name.removesuffix(".bin"): name for name in sorted(names)}
    chosen = [stems[stem] for stem in known if stem in stems]
    binary = chosen[0].endswith(".bin")
    archive = path.is_file()
    found = Cifar([], hundred, binary, archive)
    found.files = [path] if archive else [Path(where) for where in contents.values() if isinstance(where, Path)]
    for name in chosen:
        content = contents[name]
        part = known[name.removesuffix(".bin")]
        found.batches.append(
            _bytes(name, part, content, hundred) if name.endswith(".bin") else _pickle(name, part, content, pixels)
        )
    _read_words(found, contents)
    return found


def _contents(path: Path) -> dict[str, Path | bytes]:
    """What each file holds, or where it is."""
    if path.is_dir():
        return {name: Path(where) for name, where in names_of(path).items()}
    contents: dict[str, Path | bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if member.isfile() and _known(name) and member.size <= MOST_MEMBER:
                    file = archive.extractfile(member)
                    assert file is not None, "it is a file"
                    contents[name] = file.read()
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"{path.name} is no whole archive ({error}). Get it again.") from None
    return contents if any(_part(name) for name in contents) else {}


def _bytes(name: str, part: str, content: Path | bytes, hundred: bool) -> Batch:
    import numpy

    labels = ["coarse", "label"] if hundred else ["label"]
    kind = numpy.dtype([*((each, "u1") for each in labels), ("pixels", "u1", (3, SIDE, SIDE))])
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    count, rest = divmod(size, kind.itemsize)
    if not count:
        raise ValueError(f"{name} has {size:,} bytes, which is less than one picture. Get it again.")
    if isinstance(content, Path):
        rows: Any = numpy.memmap(content, kind, "r", shape=(count,))
    else:
        rows = numpy.frombuffer(content, kind, count)
    missing = f"{name} is cut off: behind {count:,} pictures there are {rest:,} bytes of another one" if rest else ""
    coarse = numpy.array(rows["coarse"]) if hundred else None
    return Batch(name, part, rows["pixels"], numpy.array(rows["label"]), coarse, missing)


def _pickle(name: str, part: str, content: Path | bytes, pixels: bool) -> Batch:
    import numpy

    try:
        values = plain(content.read_bytes() if isinstance(content, Path) else content)
    except PickleRefused as reason:
        raise ValueError(f"{name} is not read. {reason}") from None
    if not isinstance(values, dict) or "data" not in values:
        raise ValueError(f"{name} has no entry called data. Choose CIFAR's own files.")
    data = values["data"]
    labels = values.get("labels", values.get("fine_labels"))
    coarse = values.get("coarse_labels")
    if getattr(data, "dtype", None) != numpy.uint8 or data.ndim not in (2, 4) or not _is_cifar(data):
        raise ValueError(f"The pictures of {name} are not bytes of 3×32×32. Choose CIFAR's own files.")
    if labels is None:
        raise ValueError(f"{name} has no entry called labels or fine_labels. Choose CIFAR's own files.")
    stored = data.transpose(0, 3, 1, 2) if data.shape[-1] == 3 else data.reshape(len(data), 3, SIDE, SIDE)
    made = [numpy.asarray(each) for each in (labels, coarse) if each is not None]
    missing = ""
    for each in made:
        if each.ndim != 1 or each.dtype.kind not in "iu":
            raise ValueError(f"The labels of {name} are no list of whole numbers. Choose CIFAR's own files.")
        if len(each) != len(stored):
            missing = f"{name} has {len(stored):,} pictures and {len(each):,} labels"
    count = min(len(stored), *(len(each) for each in made))
    if not count:
        raise ValueError(f"{name} holds no pictures. Get it again.")
    kept = stored[:count] if pixels else numpy.broadcast_to(numpy.uint8(0), (count, 3, SIDE, SIDE))
    return Batch(name, part, kept, made[0][:count], made[1][:count] if len(made) > 1 else None, missing)


def _is_cifar(data: Any) -> bool:
    return data.shape[1:] in ((PIXELS,), (3, SIDE, SIDE), (SIDE, SIDE, 3))


def _read_words(found: Cifar, contents: dict[str, Path | bytes]) -> None:
    """The words for the classes, from the file beside the pictures where there is one."""
    for name in WORDS_HUNDRED if found.hundred else WORDS_TEN:
        if name not in contents:
            continue
        content = contents[name]
        data = content.read_bytes() if isinstance(content, Path) else content
        if name.endswith(".txt"):
            words = tuple(word for line in data.decode("utf-8", "replace").splitlines() if (word := line.strip()))
            if name.startswith("coarse"):
                found.coarse_words = words
            else:
                found.words = words
            continue
        try:
            values = plain(data)
        except PickleRefused as reason:
            raise ValueError(f"{name} is not read. {reason}") from None
        if isinstance(values, dict):
            found.words = found.words or tuple(_texts(values.get("label_names", values.get("fine_label_names"))))
            found.coarse_words = found.coarse_words or tuple(_texts(values.get("coarse_label_names")))


def _texts(values: Any) -> Iterator[str]:
    yield from (re.sub(r"\s+", " ", each) for each in values or () if isinstance(each, str))
