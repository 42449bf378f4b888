"""Zip files of strangers: what lies in them, unpacked one file at a time in memory, never onto the disk."""

from __future__ import annotations

import stat
import weakref
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from nodes.api.schema import NoData

MOST_BYTES = 256 * 2**20  # of one file, unpacked
MOST_FILES = 2_000_000
_LOCKED = 1  # the flag of a file with a password


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """A file or folder in an archive. ``check`` is its check sum; ``trouble`` says why it is not read."""

    path: str
    folder: bool
    size: int
    check: int
    trouble: str = ""


class Archive:
    """A zip file that is open. Several threads may read from it at once."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self.path = path
        self._file = file
        self.close = weakref.finalize(self, file.close)  # also where a circle of references holds it
        self._by_path: dict[str, zipfile.ZipInfo] = {}

    def entries(self) -> Iterator[ArchiveMember]:
        """What lies in it. Of several files of one name, the first.

        Raises:
            NoData: if all files are locked with a password.
        """
        locked = read = 0
        for info in self._file.infolist():
            path = info.filename.replace("\\", "/")
            folder = path.endswith("/")
            path = path.rstrip("/")
            trouble = self._trouble(info, path)
            if not folder and info.flag_bits & _LOCKED:
                locked += 1
            elif not folder and not trouble:
                read += 1
                if path in self._by_path:
                    trouble = "lies in the zip file twice; the first one is read."
                else:
                    self._by_path[path] = info
            yield ArchiveMember(path or info.filename, folder, info.file_size, info.CRC, trouble)
        if locked and not read:
            raise NoData(f"{self.path.name} is locked with a password. Unpack it, and choose the folder.")

    def _trouble(self, info: zipfile.ZipInfo, path: str) -> str:
        parts = path.split("/")
        if not path or path.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in path:
            return "is refused: its path leads out of the zip file."
        if info.flag_bits & _LOCKED:
            return "is locked with a password."
        if stat.S_ISLNK(info.external_attr >> 16):
            return "is a link, which is not followed in a zip file."
        if info.file_size > MOST_BYTES:
            return (
                f"unpacks to {info.file_size / 2**20:,.0f} MB; at most {MOST_BYTES // 2**20} MB are read of one file."
            )
        return ""

    def open(self, path: str) -> IO[bytes]:
        """A file, unpacked in memory.

        Raises:
            ValueError: if it cannot be unpacked; the sentence lacks its subject.
        """
        info = self._by_path[path]
        try:
            with self._file.open(info) as packed:
                content = packed.read(info.file_size + 1)
        except NotImplementedError:
            raise ValueError("is packed in a way that is not read. Pack it again as a usual zip file") from None
        except Exception as error:  # zlib, lzma and zipfile each have their own
            raise ValueError(f"is damaged in the zip file ({str(error)[:80] or type(error).__name__})") from None
        if len(content) != info.file_size:
            raise ValueError("is damaged in the zip file (it is not as long as the zip file says)")
        return BytesIO(content)


def is_zip(path: Path) -> bool:
    """Whether a file begins as zip files do."""
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


def opened(path: Path) -> Archive:
    """A zip file, its table of contents read.

    Raises:
        NoData: if it is none, damaged or too large.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        what = "is a damaged zip file: it may be cut off. Load or pack it again" if is_zip(path) else "is no zip file"
        raise NoData(f"{path.name} {what}, or choose a folder.") from None
    except OSError as error:
        raise NoData(f"{path} cannot be read: {error.strerror or error}. Ask for permission, or copy it.") from None
    if len(archive.infolist()) > MOST_FILES:
        raise NoData(f"{path.name} holds more than {MOST_FILES:,} files. Unpack it, and choose a part of it.")
    return Archive(path, archive)
