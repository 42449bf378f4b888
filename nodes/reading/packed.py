"""What gzipped files hold. Unpacking is most of what loading MNIST takes; libdeflate needs a third of the time."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)


def unpacked(path: Path, count: int) -> bytes:
    """The first ``count`` bytes of what a file holds; fewer where it holds or has no more."""
    try:
        from deflate import DeflateError, gzip_decompress
    except ImportError:
        pass
    else:
        try:
            data: bytes = gzip_decompress(path.read_bytes(), count)  # never more than that
        except DeflateError:  # it is damaged, of several parts, or holds more
            data = b""
        if len(data) == count:
            return data
    try:
        with gzip.open(path) as file:
            return file.read(count)
    except BROKEN:
        return b"".join(pieces(path, count))


def pieces(path: Path, most: int) -> Iterator[bytes]:
    """What a file holds, up to ``most`` bytes, and as much of it as there is where it was cut off."""
    left = most
    try:
        with gzip.open(path) as file:
            while left > 0 and (piece := file.read1(min(left, 2**20))):
                left -= len(piece)
                yield piece
    except BROKEN:
        return
