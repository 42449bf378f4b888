"""Removes folders in another thread: of a small net that takes as long as half an epoch. Needs no torch."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

GONE = ".gone"  # the ending of a folder that is being removed, by which nobody takes it for what it was


class Remover:
    """One for all runs of the program. No thread is left once none of them is inside ``aside``."""

    def __init__(self, remove: Callable[[Path], None]) -> None:
        """``remove`` removes a folder, and raises nothing."""
        self._remove = remove
        self._lock = threading.Lock()
        self._runs = 0
        self._pool: ThreadPoolExecutor | None = None
        self._going: set[Path] = set()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Inside, folders are removed in another thread; at the end all of them are gone."""
        with self._lock:
            self._runs += 1
        try:
            yield
        finally:
            with self._lock:
                self._runs -= 1
                pool = self._pool if not self._runs else None
                if pool is not None:
                    self._pool = None
            if pool is not None:
                pool.shutdown()

    def remove(self, folder: Path) -> None:
        """Remove a folder, or what a crash left of one; it has its name no more when this returns."""
        if folder in self._going:
            return
        gone = folder if folder.name.endswith(GONE) else folder.with_name(folder.name + GONE)
        with self._lock:
            if self._runs and self._renamed(folder, gone):
                self._pool = self._pool or ThreadPoolExecutor(1, "removing")
                self._going.add(gone)
                self._pool.submit(self._finish, gone)
                return
        self._remove(folder)

    def _renamed(self, folder: Path, gone: Path) -> bool:
        try:
            if folder != gone:
                os.rename(folder, gone)
        except OSError:  # a crash has left something of that name
            return False
        return True

    def _finish(self, folder: Path) -> None:
        self._remove(folder)
        self._going.discard(folder)
