"""What gzipped files hold. Unpacking is most of what loading MNIST takes, and isal does it three times as fast."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)


def unpacked(path: Path, count: int) -> bytes:
    """The first ``count`` bytes of what a file holds; fewer where it holds or has no more."""
    try:
        from isal import isal_zlib
    except ImportError:
        pass
    else:
        try:
            data = isal_zlib.decompressobj(31).decompress(path.read_bytes(), count)
        except isal_zlib.error:
            data = b""
        if len(data) == count:  # else it is damaged, or of several parts
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
