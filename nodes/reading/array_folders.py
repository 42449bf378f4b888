"""Arrays that several files hold together: a file for each class, as the drawings of QuickDraw, or for each part, as
the house numbers of SVHN."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import isqrt
from pathlib import Path
from typing import Any

from nodes.api import NoData, Skipped
from nodes.reading.folder_names import is_folder, names_in
from nodes.reading.listing import hidden
from nodes.reading.number_files import base_of, number_store
from nodes.reading.part_names import parts_called
from nodes.reading.roles import role_of
from nodes.reading.series_files import files_of, series_store
from nodes.reading.stores import ENDINGS, Store, Stored, opened

_PREFIX = re.compile(r"^full_(numpy_bitmap|simplified|raw)_")  # of the files of QuickDraw
_NUMBER = re.compile(r"[\s._\-(]*[0-9]+[\s)]*$")
_LEAST_SIDE = 8  # of a picture that lies in a row
_MOST_CLASSES = 1000


def store_at(path: Path, named: Sequence[str] = ()) -> Store:
    """What a file or a folder holds, whichever way. ``named`` are the arrays that somebody has chosen.

    Raises:
        NoData: if there is nothing, with the remedy.
        ValueError: if a file is damaged.
    """
    if _are_alone(path, named):
        return opened(path)
    for read in (series_store, number_store, _of_parts, _of_classes):
        found = read(path)
        if found is not None:
            return found
    return opened(path)


def is_store(path: Path) -> bool:
    """Whether several files together are arrays; only names and first bytes are looked at."""
    if files_of(path) or base_of(path) is not None:
        return True
    return is_folder(path) and bool(_parts(path) or _classes(path))


def _are_alone(folder: Path, named: Sequence[str]) -> bool:
    """Whether the .npy files of a folder are arrays by themselves, whatever else lies there: one is chosen by its name
    or is called as inputs. Drawings from before the other ways were known read them so."""
    stems = [path.stem for path in _arrays(folder) if path.suffix.lower() == ".npy"] if folder.is_dir() else []
    return any(stem in named or ((role := role_of(stem)) is not None and role.kind == "input") for stem in stems)


def _arrays(folder: Path) -> list[Path]:
    names = [name for name, is_folder in names_in(folder) if not is_folder and not hidden(name)]
    return [folder / name for name in names if name.lower().endswith(ENDINGS)]


def _parts(folder: Path) -> dict[Path, str]:
    """The part of each file of a folder that is called as one, ``train_32x32.mat``; nothing where they are arrays by
    themselves, as ``x_train.npy``, or no training part is among them."""
    if not is_folder(folder):
        return {}
    files = [path for path in _arrays(folder) if path.suffix.lower() != ".npy"]
    called = parts_called([path.stem for path in files])
    found = {path: called[path.stem] for path in files if path.stem in called}
    if len(set(found.values())) < len(found) or len({path.suffix.lower() for path in found}) > 1:
        return {}
    return found if len(found) > 1 and "train" in found.values() else {}


def _of_parts(folder: Path) -> Store | None:
    """Several files of which each is a part of the data."""
    parts = _parts(folder)
    if not parts:
        return None
    arrays: dict[str, Stored] = {}
    skipped: list[Skipped] = []
    first: Store | None = None
    for path, part in sorted(parts.items(), key=lambda each: ("train", "validation", "test").index(each[1])):
        store = opened(path)
        first = first or store
        for name, stored in store.arrays.items():
            arrays[f"{part}/{name}"] = replace(stored, name=f"{part}/{name}")
        skipped += store.skipped
    for path in _arrays(folder):
        if path not in parts:
            skipped.append(Skipped(path.name, "is not called as a part of the data. Choose the file to read it alone."))
    assert first is not None
    return replace(first, arrays=arrays, files=tuple(parts), skipped=tuple(skipped))


def _classes(folder: Path) -> list[Path]:
    """The .npy files of a folder that are classes: several, of which none is called as inputs or targets, and which are
    not numbered."""
    files = [path for path in _arrays(folder) if path.suffix.lower() == ".npy"] if is_folder(folder) else []
    if not 2 <= len(files) <= _MOST_CLASSES or any(role_of(path.stem) for path in files):
        return []
    if parts_called([path.stem for path in files]):
        return []
    different = {_NUMBER.sub("", path.stem) for path in files} - {""}
    return files if len(different) == len(files) else []


def class_words(files: Sequence[Path]) -> list[str]:
    """What the classes are called, by their files: ``full_numpy_bitmap_cat.npy`` is a cat."""
    words = [_PREFIX.sub("", path.stem) for path in files]
    return words if len(set(words)) == len(words) else [path.stem for path in files]


def _of_classes(folder: Path) -> Store | None:
    """Files of which each holds the samples of one class. Rows of bytes that fill a square are pictures.

    Raises:
        NoData: if their samples differ in size.
    """
    import numpy

    files = _classes(folder)
    if not files:
        return None
    read = [next(iter(opened(path).arrays.values())) for path in files]
    odd = next((each for each in read if each.shape[1:] != read[0].shape[1:] or each.dtype != read[0].dtype), None)
    if odd is not None:
        if len(odd.shape) > 1 and len(read[0].shape) > 1:
            raise NoData(
                f"{odd.name}.npy has samples of another size or kind than {read[0].name}.npy, so that they are no "
                f"classes of one data set. Choose one file, or make them alike."
            )
        return None
    if len(read[0].shape) < 2:
        return None
    side = isqrt(read[0].shape[1])
    square = len(read[0].shape) == 2 and read[0].dtype == "uint8" and side**2 == read[0].shape[1]
    square = square and side >= _LEAST_SIDE
    arrays: dict[str, Stored] = {}
    pairs = []
    for stored, word in zip(read, class_words(files)):
        count = stored.shape[0]
        labels = f"{word}/y"
        arrays[stored.name] = _as_pictures(stored, side) if square else stored
        arrays[labels] = Stored(
            labels, (count,), numpy.dtype(f"U{len(word)}"), partial(numpy.full, count, word),
            f"numpy.full({count}, {word!r})",
        )  # fmt: skip
        pairs.append((stored.name, labels, ""))
    remarks = [f"Each of the {len(files):,} files is a class"]
    if square:
        remarks.append(f"Each row of {side * side:,} bytes is a picture of {side} × {side}")
    return Store(arrays, tuple(files), pairs=tuple(pairs), remarks=tuple(remarks))


def _as_pictures(stored: Stored, side: int) -> Stored:
    def read() -> Any:
        return stored.read().reshape(-1, side, side)

    text = f"{stored.text}.reshape(-1, {side}, {side})"
    return Stored(stored.name, (stored.shape[0], side, side), stored.dtype, read, text)
