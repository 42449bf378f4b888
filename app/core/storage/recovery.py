"""Unsaved drawings, kept beside the settings until they are saved: what a crash leaves behind, and finding it again.

A kept drawing is an ordinary .netloom file, so that it can also be opened by hand. What is known of it besides stands
in its view state, under ``recovery``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeGuard

from app.core.graph.model import Project
from app.core.storage.files import UnreadableDrawing, open_project, save_project, sweep_parts
from app.core.storage.processes import Process, this_machine, this_process

_log = logging.getLogger(__name__)
_KEY = "recovery"
_NAME = re.compile(r"kept-[0-9a-f]{12}\.netloom")
# A process of another machine, on a home folder that both share, cannot be asked whether it runs. It writes again
# with every change; silent for so long, it is taken for ended.
FOREIGN_SECONDS = 12 * 3600.0

Stamp = tuple[int, int]  # when a file was written (nanoseconds) and how long it is


@dataclass(frozen=True)
class RecoveredDrawing:
    """A drawing that was not saved when its process ended.

    ``path`` is the drawing's own file, or None if it never had one; ``stamp`` what that file was like when the drawing
    was opened or saved last. ``changes`` are the words of what was not saved, ``when`` seconds since 1970.
    """

    file: Path
    project: Project
    path: Path | None
    stamp: Stamp | None
    name: str
    when: float
    changes: tuple[str, ...]

    @property
    def overtaken(self) -> bool:
        """Whether the drawing's file is gone or was written by somebody since: it must not be overwritten."""
        return self.path is not None and (self.stamp is None or stamp_of(self.path) != self.stamp)


def stamp_of(path: Path | None) -> Stamp | None:
    """What the file is like now; None if there is none."""
    if path is None:
        return None
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


def fresh_place(folder: Path) -> Path:
    """A file of its own for one window. Nothing is written yet."""
    return folder / f"kept-{os.urandom(6).hex()}.netloom"


def keep(
    file: Path,
    project: Project,
    path: Path | None,
    stamp: Stamp | None,
    name: str,
    changes: tuple[str, ...],
    writer: Process | None = None,
) -> None:
    """Write a drawing that is not saved yet, in one atomic step.

    Raises:
        OSError: if it cannot be written; what was kept before is untouched then.
    """
    by = writer if writer is not None else this_process()
    about = {
        "path": str(path.absolute()) if path is not None else None,
        "stamp": list(stamp) if stamp is not None else None,
        "name": name,
        "when": time.time(),
        "changes": list(changes),
        "process": [by.number, by.started, by.machine],
    }
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    save_project(replace(project, view=MappingProxyType({**project.view, _KEY: about})), file)


def found(folder: Path) -> tuple[RecoveredDrawing, ...]:
    """The drawings that ended processes left behind, the latest first. Those of living processes are left alone.

    One that says exactly what its file says has nothing to offer and is removed.
    """
    result = []
    for file in _files(folder):
        try:
            rescue = _read(file)
        except (UnreadableDrawing, OSError):
            continue  # see ``unreadable``; or another process has just taken it
        if rescue is not None and _says_the_same(rescue):
            forget(file)
        elif rescue is not None:
            result.append(rescue)
    _sweep(folder)
    return tuple(sorted(result, key=lambda each: -each.when))


def unreadable(folder: Path) -> tuple[Path, ...]:
    """Kept drawings of which nothing can be read; they stay where they are."""
    result = []
    for file in _files(folder):
        try:
            open_project(file)
        except UnreadableDrawing:
            result.append(file)
    return tuple(result)


def taken(rescue: RecoveredDrawing) -> Path | None:
    """Make a kept drawing this process's own, in a file of another name; None if another process was faster.

    Raises:
        OSError: if the folder does not allow it.
    """
    place = fresh_place(rescue.file.parent)
    try:
        os.rename(rescue.file, place)
    except FileNotFoundError:
        return None
    keep(place, rescue.project, rescue.path, rescue.stamp, rescue.name, rescue.changes)
    return place


def forget(file: Path) -> None:
    """Remove a kept drawing. One that cannot be removed is only reported to the log."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("%s could not be removed: %s", file, error)


def _files(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    yield from (entry for entry in entries if _NAME.fullmatch(entry.name) and entry.is_file())


def _sweep(folder: Path) -> None:
    """Remove what processes left that were ended while they wrote here."""
    with contextlib.suppress(OSError):
        for name in {part.name.split(".netloom.")[0] for part in folder.glob(".kept-*.netloom.*.part")}:
            sweep_parts(folder / f"{name[1:]}.netloom")


def _read(file: Path) -> RecoveredDrawing | None:
    """What a kept drawing says; None if its process still runs.

    Raises:
        UnreadableDrawing: if it is no drawing.
        OSError: if it has just gone.
    """
    opened = open_project(file)
    about = opened.project.view.get(_KEY)
    known: Mapping[str, Any] = about if isinstance(about, dict) else {}
    if _still_kept(known, file):
        return None
    view = {key: value for key, value in opened.project.view.items() if key != _KEY}
    project = replace(opened.project, view=MappingProxyType(view))
    path, stamp, changes = known.get("path"), known.get("stamp"), known.get("changes")
    when = known.get("when")
    return RecoveredDrawing(
        file,
        project,
        Path(path) if isinstance(path, str) and path else None,
        (stamp[0], stamp[1]) if _is_list_of(stamp, int) and len(stamp) == 2 else None,
        known["name"] if isinstance(known.get("name"), str) and known["name"] else project.title,
        float(when) if isinstance(when, int | float) else file.stat().st_mtime,
        tuple(changes) if _is_list_of(changes, str) else (),
    )


def _still_kept(known: Mapping[str, Any], file: Path) -> bool:
    process = known.get("process")
    if not isinstance(process, list) or len(process) != 3 or not isinstance(process[0], int):
        return False
    writer = Process(process[0], str(process[1]), str(process[2]))
    if writer.machine != this_machine():
        return time.time() - file.stat().st_mtime < FOREIGN_SECONDS
    return writer.living


def _says_the_same(rescue: RecoveredDrawing) -> bool:
    if rescue.path is None:
        return False
    try:
        return open_project(rescue.path).project == rescue.project
    except UnreadableDrawing:
        return False


def _is_list_of(value: Any, kind: type) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and all(isinstance(part, kind) for part in value)
