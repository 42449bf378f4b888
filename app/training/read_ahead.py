"""Reads the next batch in another thread while the net learns from the one before."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Batch = TypeVar("Batch")


def ahead(read: Callable[[Piece], Batch], pieces: Iterable[Piece]) -> Generator[Batch, None, None]:
    """``read(piece)`` for each piece, in order; what it raises is raised in its turn.

    One thread reads, and never more than one batch beyond the one that was given. Whoever stops before the end closes
    the generator, which waits for the batch that is being read; no thread is left then.
    """
    with ThreadPoolExecutor(1, "reading") as pool:
        following: Future[Batch] | None = None
        try:
            for piece in pieces:
                if following is None:
                    following = pool.submit(read, piece)
                    continue
                batch = following.result()
                following = pool.submit(read, piece)
                yield batch
                del batch
            if following is not None:
                last, following = following, None
                yield last.result()
        finally:
            if following is not None:
                following.cancel()


def in_turn(read: Callable[[Piece], Batch], pieces: Iterable[Piece]) -> Generator[Batch, None, None]:
    """The same without a thread, for batches that lie in memory."""
    for piece in pieces:
        yield read(piece)
