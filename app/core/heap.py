"""Memory that torch frees stays with the process while small nets compute. glibc (Linux) only.

A step of training frees all that it needed and asks for the same again at once. glibc hands such large pieces back to
the system each time, and the system has to empty every page anew before it lends them again. How much of the time of a
convolutional net that is depends on the machine; on a virtual one with two cores, 16 channels of 32 × 32 dots in
batches of 64 took 24 ms a step instead of 30 to 66. See mallopt(3), ``M_TRIM_THRESHOLD`` and ``M_MMAP_MAX``.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# The parameters of mallopt, from malloc.h of glibc.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -3, -4, -8
_NEVER = -1  # as a size, more than there is
# What glibc sets by itself in a program that frees large pieces, at most.
_USUAL_MMAP_THRESHOLD, _USUAL_TRIM_THRESHOLD, _USUAL_MMAPS = 32 * 2**20, 64 * 2**20, 65_536

SMALL = 88 * 2**20  # bytes; what a net is promised up to which its pieces stay with the process
LITTLE = 8 * 2**20  # bytes that are not worth asking for each page again, which takes a small net as long as two steps
_LARGE = 2**20  # bytes; pieces from here on go back at once where the heap has as much as was promised

_lock = threading.Lock()
_entered: list[int] = []  # the size that each of those inside expects
_held: list[bool] = []  # whether each of those who were inside since nobody was may have held more than little


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    if not all(hasattr(library, name) for name in ("gnu_get_libc_version", "mallopt", "malloc_trim")):
        return None
    library.mallopt.argtypes, library.malloc_trim.argtypes = [ctypes.c_int, ctypes.c_int], [ctypes.c_size_t]
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    return library


_library = _glibc()


def large_pages() -> None:
    """torch asks the system for tensors in pages of 2 MB, not 4 KB. To be called before the first tensor is made.

    A piece of 64 MB is then lent in 32 parts and not in 16,384, each of which would interrupt the program. A step of a
    transformer of 4 GB took 12 s instead of 17. What the user has set stays.
    """
    if sys.platform.startswith("linux"):
        os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def share_one_heap() -> None:
    """All threads allocate from one heap; to be called before there is a second thread.

    glibc gives threads heaps of their own, in pieces of 64 MB that it hands back whatever it was told to keep, so that
    a training beside the window would gain less than one in the foreground.
    """
    if _library is not None:
        _library.mallopt(_ARENA_MAX, 1)


@contextmanager
def kept(size: int = 0) -> Iterator[None]:
    """What is freed inside stays with the process, for the next step. At the end the system gets back what is free,
    unless it is ``LITTLE``.

    ``size`` is what is expected to be needed at once, in bytes; 0 if nobody knows. The heap grows to that and no
    further: what does not fit into its holes is lent by the system and goes back at once. Above ``SMALL`` all large
    pieces do: what is kept for speed would be up to as much again as what is in use, and a process that takes twice
    what was promised is worse than one whose large net takes longer.

    For any thread; where several are inside, the largest size counts and the last to leave ends it for all. Handing
    back takes about 0.1 s for each GB, in which other threads wait for memory. Afterwards glibc keeps as much as it
    does at most by itself, whatever was set before: it cannot be asked.
    """
    with _lock:
        _entered.append(size)
        _held.append(not 0 < size <= LITTLE)
        if _library is not None and 0 < size <= SMALL:
            _reserve(size)
        _adjust()
    try:
        yield
    finally:
        with _lock:
            _entered.remove(size)
            last, much = not _entered, any(_held)
            if last:
                _held.clear()
            _adjust()
        if last and much:  # not while others wait for the lock
            hand_back()


def hand_back() -> None:
    """The system gets back what is free."""
    if _library is not None:
        _library.malloc_trim(0)


def _reserve(size: int) -> None:
    """Room for so much at the end of the heap; the system lends none of it before somebody writes there."""
    assert _library is not None
    _library.mallopt(_TRIM_THRESHOLD, _NEVER)
    _library.mallopt(_MMAP_MAX, 0)
    _library.free(_library.malloc(size))


def _adjust() -> None:
    """Have glibc keep what those who are inside ask for."""
    if _library is None:
        return
    size = max(_entered, default=None)
    kept = size is not None and size <= SMALL
    _library.mallopt(_TRIM_THRESHOLD, _NEVER if kept else _USUAL_TRIM_THRESHOLD)
    _library.mallopt(_MMAP_THRESHOLD, _USUAL_MMAP_THRESHOLD if size is None else _LARGE)
    _library.mallopt(_MMAP_MAX, 0 if size == 0 else _USUAL_MMAPS)
