"""What was decoded once, kept in the cache folder of this computer: the second time it is read, not decoded.

One file for each set of files with its settings. It grows as samples are decoded, in any order, by several threads and
several programs at once. Every sample stands there with a check sum, so what a power cut or another program left half
written is decoded again. Samples are read with single reads and not through a map of the file: then a file that
somebody cuts off, or a disk that is full, is an error to be caught and no end of the program, and a set that is larger
than memory stays on the disk.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import zlib
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

LIMIT_NAME = "NETLOOM_CACHE_GB"  # in the environment: how large all files together may be; 0 keeps nothing
USUAL_LIMIT = 10.0
_MARK = b"netloom decoded 1\n"
_HEAD = 64
_ENDING = ".decoded"


def folder() -> Path:
    """Where decoded samples are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("netloom", appauthor=False) / "decoded"


def limit() -> int:
    """How many bytes all of it may have."""
    try:
        asked = float(os.environ.get(LIMIT_NAME, USUAL_LIMIT))
    except ValueError:
        asked = USUAL_LIMIT
    return int(max(0.0, asked) * 2**30)


class Decoded:
    """``count`` samples of ``size`` bytes each. Nothing raises: where the disk does not serve, it holds nothing."""

    def __init__(self, key: str, count: int, size: int, place: Path | None = None, most: int | None = None) -> None:
        self._count, self._size, self._step = count, size, size + 8
        self._file: int | None = None
        self._full = False
        self._lock = threading.Lock()
        most = limit() if most is None else most
        total = _HEAD + count * self._step
        if total > most or not count or not size:
            return
        place = folder() if place is None else place
        name = sha256(f"{key}\0{count}\0{size}".encode("utf-8", "replace")).hexdigest()[:40]
        self.path = place / f"{name}{_ENDING}"
        self._head = (_MARK + struct.pack("<QQ", count, size)).ljust(_HEAD, b"\0")
        with contextlib.suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            make_room(place, most - total, self.path)
            self._file = self._opened(total)

    def _opened(self, total: int) -> int:
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        with contextlib.suppress(OSError):
            file = os.open(self.path, flags)
            if os.fstat(file).st_size == total and os.read(file, _HEAD) == self._head:
                os.utime(self.path)  # used last
                return file
            os.close(file)
        fresh = self.path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        file = os.open(fresh, flags | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(file, self._head)
            os.ftruncate(file, total)
            os.replace(fresh, self.path)
        except OSError:
            os.close(file)
            with contextlib.suppress(OSError):
                os.unlink(fresh)
            raise
        return file

    def read(self, number: int, into: numpy.ndarray[Any, Any]) -> bool:
        """Read a sample into an array of ``size`` bytes; False if it is not here."""
        if self._file is None:
            return False
        try:
            entry = self._read_at(_HEAD + number * self._step)
        except OSError:
            return False
        if len(entry) != self._step or entry[4:8] != b"kept":
            return False
        values = memoryview(entry)[8:]
        if zlib.crc32(values) != struct.unpack_from("<I", entry)[0]:
            return False
        import numpy

        into.reshape(-1)[:] = numpy.frombuffer(values, numpy.uint8)
        return True

    def write(self, number: int, values: numpy.ndarray[Any, Any]) -> None:
        """Keep a sample: uint8, ``size`` values."""
        if self._file is None or self._full:
            return
        content = values.tobytes()
        assert len(content) == self._size
        try:
            self._write_at(_HEAD + number * self._step, struct.pack("<I", zlib.crc32(content)) + b"kept" + content)
        except OSError:  # the disk is full or gone; what is here already can still be read
            self._full = True

    def _read_at(self, offset: int) -> bytes:
        assert self._file is not None
        if hasattr(os, "pread"):
            return os.pread(self._file, self._step, offset)
        with self._lock:
            os.lseek(self._file, offset, os.SEEK_SET)
            return os.read(self._file, self._step)

    def _write_at(self, offset: int, content: bytes) -> None:
        assert self._file is not None
        if hasattr(os, "pwrite"):
            written = os.pwrite(self._file, content, offset)
        else:
            with self._lock:
                os.lseek(self._file, offset, os.SEEK_SET)
                written = os.write(self._file, content)
        if written != len(content):
            raise OSError("the disk is full")

    def __del__(self) -> None:
        file = getattr(self, "_file", None)
        if file is not None:
            with contextlib.suppress(OSError):
                os.close(file)


def make_room(place: Path, most: int, but: Path | None = None) -> None:
    """Remove what was not used for longest until what is left, apart from ``but``, has at most ``most`` bytes."""
    kept = []
    for entry in os.scandir(place):
        with contextlib.suppress(OSError):
            state = entry.stat()
            if but is None or entry.path != os.fspath(but):
                kept.append((state.st_mtime, state.st_size, entry.path))
    total = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= most:
            break
        with contextlib.suppress(OSError):
            os.unlink(path)
            total -= size
