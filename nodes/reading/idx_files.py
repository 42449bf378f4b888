"""Files in the IDX format of MNIST: their header, what their names say, and their values."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes.api import times
from nodes.reading.arrays import head_of
from nodes.reading.folder_names import names_in
from nodes.reading.listing import ending
from nodes.reading.packed import pieces, unpacked

# The third byte of a file says what a value is; all are stored with the highest byte first.
KINDS = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MOST_SIDES = 6
MOST_UNPACKED = 4 * 2**30  # bytes of a packed file that are unpacked into memory
MOST_FILES = 500  # of a folder that are looked at
MOST_OPENED = 2_000  # of all that lie in a folder and below it
MOST_FOLDERS = 500
MOST_NAMES_BELOW = 20_000  # in all folders together, after which no further folder is looked into
# Names that other files have: none of them is opened to see whether it is one of this format.
_OTHERS = frozenset(
    "png jpg jpeg gif bmp tif tiff webp txt csv tsv json jsonl xml html md py npy npz mat h5 wav flac mp3 ogg".split()
)
PARTS = {
    "train": "train", "training": "train", "t10k": "test", "test": "test", "testing": "test",
    "val": "validation", "valid": "validation", "validation": "validation",
}  # fmt: skip
IMAGES = ("images", "image", "imgs", "pictures", "x", "data")
LABELS = ("labels", "label", "y", "targets", "classes")


@dataclass(frozen=True)
class IdxFile:
    """One file: ``kind`` is image, label or empty where its name does not say; ``part`` is one of PARTS or empty;
    ``name`` is what is left of its name, such as ``emnist-letters``."""

    path: Path
    code: int
    sizes: tuple[int, ...]
    name: str
    part: str
    kind: str

    @property
    def packed(self) -> bool:
        """Whether it is gzipped, whatever it is called."""
        with self.path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"

    @property
    def start(self) -> int:
        """Where the values begin."""
        return 4 + 4 * len(self.sizes)

    @property
    def each(self) -> int:
        """Bytes of one sample."""
        return int(KINDS[self.code][-1]) * math.prod(self.sizes[1:])


def header_of(path: Path) -> tuple[int, tuple[int, ...]] | None:
    """The kind of the values and the sizes, or None if it is no IDX file."""
    head = head_of(path, 4 + 4 * MOST_SIDES)
    if len(head) < 8 or head[:2] != b"\0\0" or head[2] not in KINDS or not 1 <= head[3] <= MOST_SIDES:
        return None
    sides = head[3]
    if len(head) < 4 + 4 * sides:
        return None
    return head[2], struct.unpack(f">{sides}I", head[4 : 4 + 4 * sides])


def idx_file(path: Path) -> IdxFile | None:
    """What a file is by its header and its name; None if it is no IDX file."""
    header = header_of(path)
    if header is None:
        return None
    stem = re.sub(r"\.(gz|idx|bin)$", "", re.sub(r"\.gz$", "", path.name.lower()))
    stem = re.sub(r"[-._]idx\d-\w+$", "", stem)
    words = [word for word in re.split(r"[-._ ]+", stem) if word]
    part = next((PARTS[word] for word in words if word in PARTS), "")
    kind = "image" if any(word in IMAGES for word in words) else "label" if any(w in LABELS for w in words) else ""
    if not kind:
        kind = "image" if len(header[1]) > 2 else ""
    rest = [word for word in words if word not in PARTS and word not in IMAGES and word not in LABELS]
    return IdxFile(path, *header, "-".join(rest), part, kind)


def idx_files(folder: Path) -> list[IdxFile]:
    """Those of a folder and the folders in it, such as ``MNIST/raw``. Of a file that is there packed and unpacked, the
    unpacked one counts."""
    found: dict[tuple[str, str, str, str], IdxFile] = {}
    for path in _below(folder):
        known = idx_file(path)
        if known is None:
            continue
        key = (str(path.parent), known.name, known.part, known.kind or path.name)
        if key not in found or path.suffix != ".gz":
            found[key] = known
    return list(found.values())


def damaged_files(folder: Path) -> list[Path]:
    """Files of a folder that are called as those of this format are, and do not begin as they do."""
    named = (path for path in _below(folder, 1) if re.search(r"idx\d|ubyte", path.name.lower()))
    return [path for path in named if header_of(path) is None]


def _below(folder: Path, depth: int = 3) -> Iterator[Path]:
    """Files that may be of this format in a folder and the folders in it: a bounded number, whatever lies there."""
    left = {"files": MOST_OPENED, "folders": MOST_FOLDERS, "names": MOST_NAMES_BELOW}

    def inside(place: Path, level: int) -> Iterator[Path]:
        left["folders"] -= 1
        listed = names_in(place)
        left["names"] -= len(listed)
        names = [each for each in listed if not each[0].startswith(".")]
        files = [name for name, is_folder in names if not is_folder and ending(name) not in _OTHERS]
        for name in files[:MOST_FILES]:
            path = place / name
            if left["files"] > 0 and path.is_file():
                left["files"] -= 1
                yield path
        for name in (name for name, is_folder in names if is_folder and level > 1):
            if min(left.values()) <= 0:
                break
            path = place / name
            if path.is_symlink():
                continue
            try:
                yield from inside(path, level - 1)
            except OSError:
                continue

    return inside(folder, depth)


def files_beside(file: Path) -> list[IdxFile]:
    """Those in the folder of a file, itself among them."""
    return [known for path in _below(file.parent, 1) if (known := idx_file(path))]


def stored_samples(file: IdxFile) -> int:
    """How many whole samples the file really has, which are fewer than its header says where it was cut off.

    Raises:
        ValueError: if it is too large to be unpacked, or damaged.
    """
    promised = file.sizes[0]
    if not file.each or not promised:
        raise ValueError(f"{file.path.name} holds nothing: its header says {times(file.sizes)}.")
    if not file.packed:
        return min(promised, (file.path.stat().st_size - file.start) // file.each)
    wanted = file.start + promised * file.each
    if wanted > MOST_UNPACKED:
        raise ValueError(
            f"{file.path.name} unpacks to {wanted / 2**30:,.1f} GB by its header. Unpack it and choose "
            "what comes out: that is read piece by piece."
        )
    with file.path.open("rb") as packed:
        packed.seek(-4, 2)
        last = packed.read(4)
    # The last four bytes of a gzip file are its unpacked length. Where they say what the header says, it is whole.
    if int.from_bytes(last, "little") == wanted:
        return promised
    there = sum(len(piece) for piece in pieces(file.path, wanted))
    return max(0, min(promised, (there - file.start) // file.each))


def values_of(file: IdxFile, count: int) -> Any:
    """The first ``count`` samples as an array of the stored type: a map of the file, or unpacked into memory.

    Raises:
        ValueError: if they are not there.
    """
    import numpy

    sizes = (count, *file.sizes[1:])
    if not file.packed:
        if (file.path.stat().st_size - file.start) // file.each < count:
            raise ValueError(f"{file.path.name} has become shorter. Look at it again.")
        return numpy.memmap(file.path, KINDS[file.code], "r", file.start, sizes)
    wanted = file.start + count * file.each
    data = unpacked(file.path, wanted)
    if len(data) < wanted:
        raise ValueError(f"{file.path.name} has become shorter. Look at it again.")
    return numpy.frombuffer(data, KINDS[file.code], count * math.prod(file.sizes[1:]), file.start).reshape(sizes)
