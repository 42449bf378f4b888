"""Whether the files of a source are still those that were read, from sizes and times alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from nodes.api import Layer

MOST_FOLDERS = 5_000  # that are looked into; a change below others is not noticed

Marks = tuple[tuple[str, int, int], ...]


def marks(layer: Layer, settings: Mapping[str, Any]) -> Marks:
    """Name, size and time of each file and folder that the settings name, and of the folders inside. Of files in a
    folder only coming and going is seen, which changes the folder's own time: to ask each would take seconds."""
    assert layer.source is not None
    found: list[tuple[str, int, int]] = []
    for name in layer.source.paths:
        path = str(settings[name])
        if not path:
            continue
        found.append(_mark(path))
        if os.path.isdir(path):
            for folder, inside, _ in os.walk(path):
                inside.sort()
                found += (_mark(os.path.join(folder, each)) for each in inside)
                if len(found) > MOST_FOLDERS:
                    break
    return tuple(found)


def of_files(known: Marks) -> Marks:
    """Those of files alone: a folder in which another file appears still has those that were found in it."""
    return tuple(mark for mark in known if not os.path.isdir(mark[0]))


def folders_of(known: Marks) -> tuple[str, ...]:
    """The folders that the settings name, without those inside."""
    found: list[str] = []
    for path, _, _ in known:
        if os.path.isdir(path) and not any(path.startswith(os.path.join(each, "")) for each in found):
            found.append(path)
    return tuple(found)


def with_mapped(known: Marks, paths: tuple[str, ...]) -> Marks:
    """The same with the files ``paths``, each once."""
    there = {os.path.abspath(path) for path, _, _ in known}
    return (*known, *(_mark(path) for path in paths if path not in there))


def first_changed(known: Marks) -> str:
    """The first file that is no longer as it was; empty if all are. So quick that it can be asked for each batch."""
    return next((mark[0] for mark in known if _mark(mark[0]) != mark), "")


def has_changed(layer: Layer, settings: Mapping[str, Any], since: str) -> str:
    """The sentence that asks to look again."""
    assert layer.source is not None
    path = next((settings[name] for name in layer.source.paths if settings[name]), "")
    return sentence(path, since) if path else _changed(layer.name, since)


def sentence(path: str, since: str) -> str:
    """The same for a path; of one that is gone, how it comes back."""
    if not os.path.exists(path):
        return f"{path} is not there any more. Bring it back and go on, or choose where it is now."
    return _changed(path, since)


def _changed(name: str, since: str) -> str:
    return f"{name} has changed since {since}. Look at it again, so that nothing is learned from wrong samples."


def _mark(path: str) -> tuple[str, int, int]:
    try:
        known = os.stat(path)
    except OSError:
        return path, -1, -1
    return path, known.st_size, known.st_mtime_ns
