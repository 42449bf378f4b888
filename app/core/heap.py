"""Memory that torch frees stays with the process while small nets compute. glibc (Linux) only.

A step of training frees all that it needed and asks for the same again at once. glibc hands such large pieces back to
the system each time, and the system has to empty every page anew before it lends them again. How much of the time of a
convolutional net that is depends on the machine; on a virtual one with two cores, 16 channels of 32 × 32 dots in
batches of 64 took 24 ms a step instead of 30 to 66. See mallopt(3), ``M_TRIM_THRESHOLD`` and ``M_MMAP_MAX``.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# The parameters of mallopt, from malloc.h of glibc.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -3, -4, -8
_NEVER = -1  # as a size, more than there is
# What glibc sets by itself in a program that frees large pieces, at most.
_USUAL_MMAP_THRESHOLD, _USUAL_TRIM_THRESHOLD, _USUAL_MMAPS = 32 * 2**20, 64 * 2**20, 65_536

SMALL = 64 * 2**20  # bytes; a heap with holes may become twice as large without anybody being short of it
_LARGE = 2**20  # bytes; pieces from here on go back at once where much is needed

_lock = threading.Lock()
_entered: list[int] = []  # the size that each of those inside expects


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    if not all(hasattr(library, name) for name in ("gnu_get_libc_version", "mallopt", "malloc_trim")):
        return None
    library.mallopt.argtypes, library.malloc_trim.argtypes = [ctypes.c_int, ctypes.c_int], [ctypes.c_size_t]
    return library


_library = _glibc()


def share_one_heap() -> None:
    """All threads allocate from one heap; to be called before there is a second thread.

    glibc gives threads heaps of their own, in pieces of 64 MB that it hands back whatever it was told to keep, so that
    a training beside the window would gain less than one in the foreground.
    """
    if _library is not None:
        _library.mallopt(_ARENA_MAX, 1)


@contextmanager
def kept(size: int = 0) -> Iterator[None]:
    """What is freed inside stays with the process, for the next step. At the end the system gets back what is free.

    ``size`` is what is expected to be needed at once, in bytes. Above ``SMALL`` large pieces go back at once all the
    same: pieces of many sizes leave holes in a heap that never shrinks, which made it up to 2.4 times as large as what
    was in use. A process that takes twice what was promised is worse than one whose large net takes longer.

    For any thread; where several are inside, the largest size counts and the last to leave ends it for all. Handing
    back takes about 0.1 s for each GB, in which other threads wait for memory. Afterwards glibc keeps as much as it
    does at most by itself, whatever was set before: it cannot be asked.
    """
    with _lock:
        _entered.append(size)
        _adjust()
    try:
        yield
    finally:
        with _lock:
            _entered.remove(size)
            last = not _entered
            _adjust()
        if last and _library is not None:  # not while others wait for the lock
            _library.malloc_trim(0)


def _adjust() -> None:
    """Have glibc keep what those who are inside ask for."""
    if _library is None:
        return
    size = max(_entered, default=None)
    if size is not None and size <= SMALL:
        _library.mallopt(_TRIM_THRESHOLD, _NEVER)
        _library.mallopt(_MMAP_MAX, 0)
        return
    large = _USUAL_MMAP_THRESHOLD if size is None else _LARGE
    _library.mallopt(_TRIM_THRESHOLD, _USUAL_TRIM_THRESHOLD)
    _library.mallopt(_MMAP_THRESHOLD, large)
    _library.mallopt(_MMAP_MAX, _USUAL_MMAPS)
