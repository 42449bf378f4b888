"""The first names in a folder, for whoever wants to know what it is: bounded, and read once for all who ask."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

MOST_NAMES = 10_000  # of a folder that are looked at
_Made = TypeVar("_Made")
_LOOK: ContextVar[dict[Any, Any] | None] = ContextVar("look", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Meanwhile, in this thread, what one source has found out about a folder is there for the others. Afterwards it
    is forgotten, so that the next look sees what has changed."""
    if _LOOK.get() is not None:
        yield
        return
    token = _LOOK.set({})
    try:
        yield
    finally:
        _LOOK.reset(token)


def shared(make: Callable[[Path], _Made], path: Path) -> _Made:
    """What ``make`` says of a path, asked once within one look."""
    held = _LOOK.get()
    if held is None:
        return make(path)
    key = (make, os.fspath(path))
    if key not in held:
        held[key] = make(path)
    made: _Made = held[key]
    return made


def is_folder(path: Path) -> bool:
    """Whether a path is a folder, asked once for all sources that look at it."""
    return shared(Path.is_dir, path)


def names_in(folder: Path) -> tuple[tuple[str, bool], ...]:
    """The names in a folder, sorted, and whether each is a folder, too. Of more than MOST_NAMES, these alone.

    Raises:
        OSError: if it cannot be read.
    """
    return shared(_names, folder)


def _names(folder: Path) -> tuple[tuple[str, bool], ...]:
    found: list[tuple[str, bool]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) == MOST_NAMES:
                break
            try:
                found.append((entry.name, entry.is_dir()))
            except OSError:
                continue
    return tuple(sorted(found))
