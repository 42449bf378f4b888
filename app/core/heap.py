"""Memory that torch frees stays with the process while networks compute. glibc (Linux) only; elsewhere nothing happens.

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

_lock = threading.Lock()
_entered = 0


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
def kept() -> Iterator[None]:
    """What is freed inside stays with the process, for the next step. At the end the system gets back what is free.

    For any thread; where several are inside, the last to leave ends it for all. Handing back takes about 0.1 s for each
    GB, in which other threads wait for memory. Afterwards glibc keeps as much as it does at most by itself, whatever
    was set before: it cannot be asked.
    """
    global _entered
    last = False
    with _lock:
        _entered += 1
        if _entered == 1 and _library is not None:
            _library.mallopt(_TRIM_THRESHOLD, _NEVER)
            _library.mallopt(_MMAP_MAX, 0)
    try:
        yield
    finally:
        with _lock:
            _entered -= 1
            last = _entered == 0
            if last and _library is not None:
                _library.mallopt(_TRIM_THRESHOLD, _USUAL_TRIM_THRESHOLD)
                _library.mallopt(_MMAP_THRESHOLD, _USUAL_MMAP_THRESHOLD)
                _library.mallopt(_MMAP_MAX, _USUAL_MMAPS)
        if last and _library is not None:  # not while others wait for the lock
            _library.malloc_trim(0)
