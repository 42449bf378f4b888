"""Reads and writes drawings: atomic writing, and reading that saves what can be saved."""

from __future__ import annotations

import codecs
import contextlib
import errno
import json
import math
import os
import re
import stat
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.core.graph.model import Project
from app.core.storage.data_paths import found_from, told_from
from app.core.storage.format import FORMAT, VERSION, ProjectReading, to_text
from app.core.storage.migrations import migrated
from app.core.storage.processes import exists

MOST_BYTES = 64 * 1024 * 1024
_PART = ".part"  # the ending of a file that is being written
_ABANDONED_SECONDS = 300.0


class UnreadableDrawing(ValueError):
    """Nothing of a file can be used. The message is a sentence that names the file and the remedy."""


@dataclass(frozen=True)
class OpenedProject:
    """A project from a file, and a sentence for everything that could not be used as it stood there."""

    project: Project
    complaints: tuple[str, ...] = ()


def open_project(path: Path) -> OpenedProject:
    """The project in a file.

    Raises:
        UnreadableDrawing: if there is no such file, or it is no drawing, or one of a newer version.
    """
    path = Path(path)
    opened = read_text(_bytes(path), path.name)
    return replace(opened, project=found_from(opened.project, path))


def heading_of(path: Path) -> tuple[str, str]:
    """Title and description of the drawing in a file, whose layers are not read.

    Raises:
        UnreadableDrawing: as ``open_project``.
    """
    path = Path(path)
    return ProjectReading().heading(_entries(_bytes(path), path.name, []))


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise UnreadableDrawing(f"{path} is a folder. Choose a .netloom file.")
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe or a device may never end
            raise UnreadableDrawing(f"{path} is a device or a pipe. Choose a .netloom file.")
        if about.st_size > MOST_BYTES:
            raise UnreadableDrawing(f"{path.name} is larger than 64 MiB, too large for a drawing.")
        return path.read_bytes()
    except FileNotFoundError:
        raise UnreadableDrawing(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        if isinstance(error, UnreadableDrawing):
            raise
        raise UnreadableDrawing(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def read_text(raw: bytes, name: str) -> OpenedProject:
    """The project in the bytes of a file called ``name``.

    Raises:
        UnreadableDrawing: if it is no drawing, or one of a newer version.
    """
    complaints: list[str] = []
    data = _entries(raw, name, complaints)
    reading = ProjectReading(complaints)
    project = reading.project(data)
    return OpenedProject(project, tuple(reading.complaints))


def _entries(raw: bytes, name: str, complaints: list[str]) -> dict[str, Any]:
    """What stands in the file, in the form of the present version."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnreadableDrawing(f"{name} was saved as UTF-16 by another program. Save it there as UTF-8.") from None
        raise UnreadableDrawing(f"{name} is not a Netloom drawing: it is not text. Choose a .netloom file.") from None
    if not text.strip():
        raise UnreadableDrawing(f"{name} is empty. Choose another file, or a copy of this one.")
    data = parsed(text, name, complaints)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UnreadableDrawing(f"{name} is not a Netloom drawing. Choose a .netloom file.")
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise UnreadableDrawing(
            f"{name} does not say which version of the format it has, so it cannot be read. "
            "Choose another file, or an older copy of this one."
        )
    if version > VERSION:
        shown = version if version < 10**6 else "a huge number"
        raise UnreadableDrawing(
            f"{name} was written by a newer Netloom (format {shown}; this one reads up to {VERSION}). "
            "Update Netloom to open it."
        )
    return migrated(data, version, VERSION)


def parsed(text: str, name: str, complaints: list[str]) -> Any:
    """The JSON value of ``text``; of damaged text, what stands before the damage.

    Raises:
        UnreadableDrawing: if nothing can be made of it.
    """
    doubled: list[str] = []

    def pairs(entries: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in entries:
            if key in result:
                doubled.append(key)
            else:
                result[key] = value
        return result

    try:
        try:
            value = json.loads(text, object_pairs_hook=pairs)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a whole number with thousands of digits: only the setting that has it is lost
            doubled.clear()
            value = json.loads(text, object_pairs_hook=pairs, parse_int=_whole)
    except json.JSONDecodeError as error:
        if marks := merge_marks(text, name):
            raise UnreadableDrawing(marks) from None
        value = _before_damage(text, error.pos)
        if value is None:
            raise UnreadableDrawing(
                f"{name} is not a Netloom drawing, or it is damaged (line {error.lineno}). Choose another file."
            ) from None
        complaints.append(
            f"The file is damaged or cut off at line {error.lineno}. What stands before it was opened; "
            "what comes after it is missing."
        )
    except (ValueError, RecursionError):
        raise UnreadableDrawing(
            f"{name} is damaged: it holds lists inside lists beyond all limits. Choose another file."
        ) from None
    complaints.extend(f"The entry {key[:40]!r} stands twice; the first is used." for key in dict.fromkeys(doubled))
    return value


_MARK = re.compile(r"^(?:<{7}|>{7})(?: .*)?$", re.MULTILINE)


def merge_marks(text: str, name: str) -> str:
    """What to say of a text in which git has left the marks of a merge; empty if there are none.

    No line of sound JSON begins like them. The part before them is not opened: a drawing of two halves is neither.
    """
    mark = _MARK.search(text.replace("\r", ""))
    if mark is None:
        return ""
    line = text.replace("\r", "").count("\n", 0, mark.start()) + 1
    shown = mark[0] if len(mark[0]) <= 40 else mark[0][:39] + "…"
    return (
        f"{name} holds the marks of a merge in git (line {line}: {shown}): two versions stand in it. "
        "Take one of them with git checkout --ours or --theirs and the name of the file, or finish the merge by hand."
    )


def _whole(digits: str) -> int | float:
    """A whole number; one beyond all limits is infinite, which no setting takes."""
    return int(digits) if len(digits) < 1000 else math.inf if digits[0] != "-" else -math.inf


def _before_damage(text: str, position: int) -> Any:
    """The largest part before ``position`` that makes sense once its brackets are closed, or None."""
    closers: list[str] = []
    ends: list[tuple[int, str]] = []  # where an object or list ended, and what closes the rest
    in_string = escaped = False
    for index, char in enumerate(text[:position]):
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "{[":
            closers.append("}" if char == "{" else "]")
            if len(closers) > 100:
                return None
        elif char in "}]":
            if not closers or closers.pop() != char:
                break
            # Only after a whole node or wire, or a whole entry of the file: half a node would be another node.
            if (char == "}" and closers and closers[-1] == "]") or len(closers) <= 1:
                ends.append((index + 1, "".join(reversed(closers))))
    for end, rest in reversed(ends[-50:]):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text[:end] + rest)
    return None


def save_project(project: Project, path: Path, *, keep_original: bool = False) -> None:
    """Write a project so that a crash leaves either the old file or the new one, never half of one.

    ``keep_original`` first puts the old file beside it with the ending ``.original``, unless one is there already.

    Raises:
        OSError: if the file cannot be written; the old one is untouched then.
    """
    path = Path(path)
    original = path.with_name(path.name + ".original")
    if keep_original and path.exists() and not original.exists():
        write_atomic(original, path.read_bytes())
    write_atomic(path, text_for(project, path).encode())


def text_for(project: Project, path: Path) -> str:
    """The text of a project for a file at that place: data below its folder is told from there."""
    return to_text(told_from(project, path))


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file beside its place, make it durable, then put it there in one step.

    Raises:
        OSError: if that fails; what was there before is untouched.
    """
    path = Path(os.path.realpath(path))  # writing through a link keeps the link
    before = path.stat() if path.exists() else None
    if before is not None and not stat.S_ISREG(before.st_mode):  # a folder or a device: never replaced
        raise OSError(errno.EISDIR if stat.S_ISDIR(before.st_mode) else errno.EINVAL, _what(before.st_mode), str(path))
    mode = before.st_mode & 0o777 if before is not None else None
    handle, name = tempfile.mkstemp(prefix=f"{_part_of(path)}{os.getpid()}-", suffix=_PART, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode if mode is not None else 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    sweep_parts(path)


def _what(mode: int) -> str:
    return os.strerror(errno.EISDIR) if stat.S_ISDIR(mode) else "It is a device or a pipe"


def _part_of(path: Path) -> str:
    """How the files begin that are written for this one. Short enough for the longest name that a disk takes."""
    return f".{path.name.encode('utf-8', 'replace')[:200].decode('utf-8', 'ignore')}."


def sweep_parts(path: Path) -> None:
    """Remove what was left beside a file by writing that never ended, because its process was killed.

    Only files with the very name that ``write_atomic`` gives for this one, that have not been touched for some
    minutes, and whose process is gone.
    """
    ours = re.compile(re.escape(_part_of(path)) + r"(?:(\d{1,9})-)?[a-z0-9_]{8}" + re.escape(_PART))
    before = time.time() - _ABANDONED_SECONDS
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            named = ours.fullmatch(entry.name)
            if named is None or (named[1] is not None and exists(int(named[1]))):
                continue
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < before:
                    os.unlink(entry.path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
