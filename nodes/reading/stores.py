"""Files that hold arrays by name: NumPy's .npy and .npz, MATLAB's .mat and HDF5. Nothing in them is run."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from nodes.api import NoData, Skipped, times

MOST_IN_MEMORY = 4 * 2**30  # bytes of one array that cannot be mapped
MOST_H5 = 2**30  # bytes of one array of HDF5 that are read at once; of larger ones a batch is read at a time
ENDINGS = (".npy", ".npz", ".mat", ".h5", ".hdf5")
OBJECTS = "holds Python objects, which could run anything when they are read. Save it as plain numbers."


@dataclass(frozen=True)
class Stored:
    """One array: ``read`` gives it, as a map of the file where that is possible. ``text`` is the same as an expression
    for a program of its own, with the lines and imports that the store names."""

    name: str
    shape: tuple[int, ...]
    dtype: Any
    read: Callable[[], Any]
    text: str


@dataclass(frozen=True)
class Store:
    """The arrays of one or several files. ``skipped`` are those that are no numbers or texts.

    Where files say more than their arrays: ``pairs`` are inputs, targets and part by their names; ``words`` those of
    classes that are stored from 1 on. By what stands behind the part in an array's name, such as ``x`` of ``train/x``:
    ``names`` are those of the numbers along its last side, ``groups`` is what holds samples together, and ``asks`` are
    a label and the name of each that may be the inputs, the first of which it is."""

    arrays: Mapping[str, Stored]
    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...] = ()
    imports: tuple[str, ...] = ("import numpy",)
    lines: tuple[str, ...] = ()
    matlab: bool = False
    pairs: tuple[tuple[str, str, str], ...] = ()
    words: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: str = ""
    asks: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def opened(path: Path) -> Store:
    """What a file holds, or the .npy files of a folder. Only heads are read.

    Raises:
        NoData: if it is none of these files, or a package is missing.
        ValueError: if it is damaged.
    """
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if each.suffix.lower() == ".npy" and each.is_file())
        if not files:
            raise NoData(f"The folder {path} holds no .npy files. Choose one that does, or a file.")
        return _npy(files)
    with path.open("rb") as file:
        head = file.read(128)
    if head.startswith(b"\x93NUMPY"):
        return _npy([path])
    if head.startswith(b"PK"):
        return _npz(path)
    if head.startswith(b"\x89HDF") or b"MATLAB 7.3" in head:
        return _h5(path, b"MATLAB" in head[:10])
    if head.startswith(b"MATLAB 5.0") or path.suffix.lower() == ".mat":
        return _mat(path)
    if head[:1] == b"\x80" or path.suffix.lower() in (".pkl", ".pickle", ".npy", ".npz"):
        raise NoData(f"{path.name} is no file of arrays. Save it with numpy.save or numpy.savez.")
    raise NoData(f"{path.name} is none of {', '.join(ENDINGS)} by its first bytes. Choose another file.")


def _checked(name: str, shape: tuple[int, ...], dtype: Any) -> str:
    """Why an array cannot be read; empty if it can."""
    if dtype.hasobject:
        return OBJECTS
    if dtype.names or dtype.kind not in "biufUS":
        return f"is of {dtype.name[:40]}, and neither numbers nor texts"
    if shape and 0 not in shape:
        return ""
    return f"has no samples ({times(shape) or 'one value'}). Save an array with an entry for each sample"


def _head(file: Any, name: str) -> tuple[tuple[int, ...], Any]:
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(file)
    except Exception:
        raise ValueError(f"{name} is cut off or damaged in its header. Get it again.") from None
    return shape, dtype


def _npy(files: list[Path]) -> Store:
    import numpy

    arrays, skipped = {}, []
    for file in files:
        with file.open("rb") as content:
            shape, dtype = _head(content, file.name)
            start = content.tell()
        trouble = _checked(file.stem, shape, dtype)
        wanted = math.prod(shape) * dtype.itemsize
        if not trouble and file.stat().st_size - start < wanted:
            here = file.stat().st_size - start
            raise ValueError(f"{file.name} is cut off: it promises {wanted:,} bytes and has {here:,}. Get it again.")
        if trouble:
            skipped.append(Skipped(file.name, trouble))
            continue
        text = f'numpy.load({str(file)!r}, mmap_mode="r")'
        arrays[file.stem] = Stored(
            file.stem, shape, dtype, partial(numpy.load, file, mmap_mode="r", allow_pickle=False), text
        )
    return _some(Store(arrays, tuple(files), tuple(skipped)), files[0] if len(files) == 1 else files[0].parent)


def _npz(path: Path) -> Store:
    import numpy

    def read(name: str) -> Any:
        with numpy.load(path, allow_pickle=False) as content:
            return content[name]

    arrays, skipped = {}, []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not member.filename.endswith(".npy"):
                    skipped.append(Skipped(member.filename, "is no array"))
                    continue
                name = member.filename.removesuffix(".npy")
                with archive.open(member) as content:
                    shape, dtype = _head(content, f"{name} in {path.name}")
                size = math.prod(shape) * dtype.itemsize
                trouble = _checked(name, shape, dtype)
                if not trouble and (size > MOST_IN_MEMORY or member.file_size < size):
                    if member.file_size < size:
                        raise ValueError(f"{name} in {path.name} promises more than is there. Get it again.")
                    trouble = f"unpacks to {size / 2**30:,.1f} GB. Save it as .npy, which is read piece by piece"
                if trouble:
                    skipped.append(Skipped(name, trouble))
                    continue
                arrays[name] = Stored(name, shape, dtype, partial(read, name), f"numpy.load({str(path)!r})[{name!r}]")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{path.name} is cut off or damaged ({error}). Get it again.") from None
    return _some(Store(arrays, (path,), tuple(skipped)), path)


def _mat(path: Path) -> Store:
    import numpy

    try:
        from scipy.io import loadmat, whosmat
    except ImportError:
        raise NoData(f"{path.name} is read by scipy, which is not installed. Run: pip install scipy") from None
    _check_whole(path)
    try:
        known = whosmat(path)
    except Exception as error:
        raise ValueError(f"{path.name} is cut off or damaged ({str(error)[:80]}). Get it again.") from None

    def read(name: str) -> Any:
        try:
            return loadmat(path, variable_names=[name])[name]
        except Exception as error:
            raise ValueError(f"{path.name} is cut off or damaged ({str(error)[:80]}). Get it again.") from None

    arrays, skipped = {}, []
    for name, shape, kind in known:
        kind = {"logical": "uint8", "char": "U1"}.get(kind, kind)
        try:
            dtype = numpy.dtype(kind)
        except TypeError:
            skipped.append(Skipped(name, f"is a {kind}, and no array of numbers. Save what is in it as arrays"))
            continue
        trouble = _checked(name, shape, dtype) if kind != "U1" else "is text"
        if trouble:
            skipped.append(Skipped(name, trouble))
            continue
        text = f"loadmat({str(path)!r}, variable_names=[{name!r}])[{name!r}]"
        arrays[name] = Stored(name, tuple(shape), dtype, partial(read, name), text)
    imports = ("import numpy", "from scipy.io import loadmat")
    return _some(Store(arrays, (path,), tuple(skipped), imports, matlab=True), path)


def _check_whole(path: Path) -> None:
    """That a file of version 5 has all of its arrays. scipy reads one that is cut off as if the rest had never been.

    Raises:
        ValueError: if not.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(128)
        if not head.startswith(b"MATLAB 5.0") or len(head) < 128:
            return
        order: Literal["little", "big"] = "little" if head[126:] == b"IM" else "big"
        place, number = 128, 0
        while place < size:
            file.seek(place + 4)
            place += 8 + int.from_bytes(file.read(4), order)
            number += 1
    if place != size:
        raise ValueError(f"{path.name} is cut off in its array number {number}. Get it again.")


class StoredRows:
    """An array of an HDF5 file that is read from it by samples, which its first axis counts. With ``turned`` the other
    axes stand the other way round, as MATLAB writes them."""

    def __init__(self, path: Path, name: str, shape: tuple[int, ...], dtype: Any, turned: bool) -> None:
        self.shape = (shape[0], *reversed(shape[1:])) if turned else shape
        self.dtype = dtype
        self._path, self._name, self._turned = path, name, turned

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, numbers: Any) -> Any:
        import h5py
        import numpy

        # HDF5 refuses indices that are not sorted, or repeated.
        wanted, back = numpy.unique(numbers, return_inverse=True)
        with h5py.File(self._path, "r") as file:
            values = file[self._name][wanted][back]
        return values.transpose(0, *range(values.ndim - 1, 0, -1)) if self._turned else values


def _h5(path: Path, matlab: bool) -> Store:
    try:
        import h5py
    except ImportError:
        kind = "a MATLAB file of version 7.3" if matlab else "an HDF5 file"
        raise NoData(
            f"{path.name} is {kind}, which is read by h5py. Run: pip install netloom[data], or save it as version 7."
        ) from None

    def read(name: str, large: bool, shape: tuple[int, ...], dtype: Any) -> Any:
        if large:
            return StoredRows(path, name, shape, dtype, matlab)
        with h5py.File(path, "r") as file:
            return file[name][()].T if matlab else file[name][()]

    arrays, skipped = {}, []
    try:
        with h5py.File(path, "r") as file:
            for name, data in _datasets(file):
                dtype, shape = data.dtype, tuple(data.shape)
                trouble = _checked(name, shape, dtype)
                if "MATLAB_empty" in data.attrs:
                    trouble = "is empty"
                elif data.attrs.get("MATLAB_class") == b"char":
                    trouble = "is text"
                elif dtype.hasobject:
                    trouble = "holds references or texts, and no numbers"
                elif data.external or data.is_virtual:
                    trouble = "lies in another file"
                if trouble:
                    skipped.append(Skipped(name, trouble))
                    continue
                large = math.prod(shape) * dtype.itemsize > MOST_H5
                seen = (shape[0], *reversed(shape[1:])) if large else tuple(reversed(shape))
                text = f"h5py.File({str(path)!r})[{name!r}][()]" + (".T" if matlab else "")
                arrays[name] = Stored(
                    name,
                    seen if matlab else shape,
                    dtype,
                    partial(read, name, large, shape, dtype),
                    text if not (large and matlab) else f"numpy.moveaxis({text}, -1, 0)",
                )
    except (OSError, RuntimeError) as error:
        said = str(error).rpartition("(")[2].partition(",")[0].rstrip(")")[:80]
        raise ValueError(f"{path.name} is cut off or damaged ({said}). Get it again.") from None
    return _some(Store(arrays, (path,), tuple(skipped), ("import numpy", "import h5py"), matlab=matlab), path)


def _datasets(group: Any, before: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """The arrays of a group and of those in it, each once. Links are not followed: they may lead to other files, and
    groups may hold each other."""
    import h5py

    seen = set() if seen is None else seen
    for name in group:
        if name.startswith("#") or not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        entry = group[name]
        place = h5py.h5o.get_info(entry.id).addr
        if place in seen:
            continue
        seen.add(place)
        if isinstance(entry, h5py.Dataset):
            yield before + name, entry
        elif isinstance(entry, h5py.Group):
            yield from _datasets(entry, f"{before}{name}/", seen)


def _some(store: Store, path: Path) -> Store:
    """The store, if anything in it can be read."""
    if store.arrays:
        return store
    if not store.skipped:
        raise NoData(f"{path.name} holds no arrays. Choose another file.")
    first = store.skipped[0]
    where = "" if first.name == path.name else f" in {path.name}"
    raise NoData(f"{first.name}{where} {first.reason.rstrip('.')}.")
