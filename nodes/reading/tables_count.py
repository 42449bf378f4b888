"""The number of rows of a large table in text, counted by polars in its threads while others look at its beginning."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from weakref import finalize

if TYPE_CHECKING:
    from polars.lazyframe.in_process import InProcessQuery


def begin_counting(path: Path, separator: str) -> Callable[[], int | None]:
    """Has the rows of a file counted; line breaks in quoted cells are none. What is returned waits for their number,
    None where polars cannot tell them apart, or the file has gone. Begun once for all who ask while the file stays as
    it is.

    Raises:
        OSError: if the file is not there.
    """
    state = path.stat()
    return _begun(path, state.st_size, state.st_mtime_ns, separator)


def forget() -> None:
    """Let go of the number of the file that was counted last."""
    _begun.cache_clear()


@lru_cache(maxsize=1)
def _begun(path: Path, size: int, changed: int, separator: str) -> Callable[[], int | None]:
    import polars as pl

    scan = pl.scan_csv(path, has_header=False, separator=separator, infer_schema=False, glob=False)
    counting = scan.select(pl.len()).collect(background=True)

    lock, found = Lock(), list[int | None]()

    def counted() -> int | None:
        with lock:  # a query gives its result once
            if not found:
                unasked.detach()
                try:
                    found.append(int(counting.fetch_blocking().item()))
                except (pl.exceptions.PolarsError, OSError):
                    found.append(None)
        return found[0]

    unasked = finalize(counted, _stopped, counting)
    return counted


def _stopped(counting: InProcessQuery) -> None:
    """A count that nobody asks for any more, stopped and waited for: polars ends the whole process where a query in its
    threads is let go of before it is done."""
    import polars as pl

    counting.cancel()
    with suppress(pl.exceptions.PolarsError, OSError):
        counting.fetch_blocking()
