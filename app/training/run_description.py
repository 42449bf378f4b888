"""What is known of a run besides its numbers: the files that its drawing had, how it ended, and who is training it.

Stands in ``run.json`` in the run's folder, beside what ``folder.py`` names. Needs no torch. A run without that file, or
with a damaged one, is a run all the same: nothing is known of it then.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app.core.checks.problems import AnyFix
from app.core.storage.files import write_atomic
from app.core.storage.processes import Process, this_process
from app.training import kept_fixes
from app.training.events import Cancelled, Event, Failed, Finished, Started
from app.training.folder import ABOUT, WEIGHTS, count
from nodes.api import declared

log = logging.getLogger(__name__)

ENDINGS = ("finished", "stopped", "failed")
_MOST_FILES = 20
_MOST_LETTERS = 2000
MOST_NAME = 80  # letters
_MOST_BYTES = 200_000  # of run.json
_MOST_HEADER = 16 * 1024 * 1024  # bytes of names and shapes in a file of weights
_lock = threading.Lock()  # the thread that trains and the window both change the file


@dataclass(frozen=True)
class RunDescription:
    """``files`` are the places of the drawing, the latest last. ``ending`` is one of ``ENDINGS``, or empty while it is
    being trained and where nobody could write it any more; ``sentence`` says why it failed. ``declined``: nobody wants
    to be asked about it again. ``process`` trains it, or did when it ended without a word. ``useless``: to go on with
    it would end in the same way again. ``node`` and ``fixes`` say where it failed, and what it recommends.
    ``rule`` is the stop rule that ended it before its last epoch, ``best`` the epoch whose weights were kept then.
    ``name`` and ``note`` are what a person has written of it. A branch has left the run in the folder ``parent`` at the
    end of epoch ``left``."""

    files: tuple[str, ...] = ()
    ending: str = ""
    sentence: str = ""
    declined: bool = False
    process: Process | None = None
    useless: bool = False
    node: str = ""
    fixes: tuple[AnyFix, ...] = ()
    rule: str = ""
    best: int = 0
    name: str = ""
    note: str = ""
    parent: str = ""
    left: int = 0

    @property
    def training(self) -> bool:
        """Whether a process is at it now."""
        return not self.ending and self.process is not None and self.process.living

    def of(self, file: Path | None) -> bool:
        """Whether the drawing that was trained has, or had, this file."""
        return file is not None and str(file.absolute()) in self.files

    def with_file(self, file: Path | None) -> RunDescription:
        """The same, with one more place of its drawing."""
        if file is None:
            return self
        text = str(file.absolute())
        others = tuple(entry for entry in self.files if entry != text)
        return replace(self, files=(*others, text)[-_MOST_FILES:])


def about(folder: Path) -> RunDescription:
    """What is known of the run in a folder."""
    path = folder / ABOUT
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return RunDescription()
        raw = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return RunDescription()
    if not isinstance(raw, dict):
        return RunDescription()
    files = raw.get("files")
    texts = [entry for entry in files if isinstance(entry, str) and entry] if isinstance(files, list) else []
    ending, sentence = raw.get("ending"), raw.get("sentence")
    return RunDescription(
        tuple(texts[-_MOST_FILES:]),
        ending if ending in ENDINGS else "",
        sentence[:_MOST_LETTERS] if isinstance(sentence, str) else "",
        raw.get("declined") is True,
        _process(raw.get("process")),
        raw.get("useless") is True,
        node[:_MOST_LETTERS] if isinstance(node := raw.get("node"), str) else "",
        kept_fixes.read(raw.get("fixes")),
        rule if isinstance(rule := raw.get("rule"), str) and rule in declared.stop_rules() else "",
        count(raw.get("best")) or 0,
        " ".join(name.split())[:MOST_NAME] if isinstance(name := raw.get("name"), str) else "",
        note[:_MOST_LETTERS] if isinstance(note := raw.get("note"), str) else "",
        parent[:_MOST_LETTERS] if isinstance(parent := raw.get("parent"), str) else "",
        count(raw.get("left")) or 0,
    )


def _process(raw: Any) -> Process | None:
    if not isinstance(raw, dict) or not isinstance(raw.get("number"), int) or isinstance(raw["number"], bool):
        return None
    started, machine = raw.get("started"), raw.get("machine")
    if not isinstance(started, str) or not isinstance(machine, str):
        return None
    return Process(raw["number"], started, machine)


def change_about(folder: Path, file: Path | None = None, **changes: Any) -> None:
    """Write other fields of ``RunDescription``, and one more place of the drawing. A folder that cannot be written, or
    is not there any more, costs only the memory."""
    with _lock:
        now = replace(about(folder).with_file(file), **changes)
        try:
            if (folder / WEIGHTS).exists():
                fields = asdict(replace(now, fixes=())) | {"fixes": kept_fixes.written(now.fixes)}
                write_atomic(folder / ABOUT, json.dumps(fields, indent=1).encode())
        except OSError as error:
            log.warning("What is known of the run %s could not be written: %s", folder, error)


def note_started(folder: Path, file: Path | None) -> None:
    """Note that this process trains the run."""
    change_about(
        folder,
        file,
        ending="",
        sentence="",
        declined=False,
        useless=False,
        node="",
        fixes=(),
        rule="",
        best=0,
        process=this_process(),
    )


def note_ended(folder: Path, event: Finished | Cancelled | Failed) -> None:
    """Note how a training has ended."""
    word = {Finished: "finished", Cancelled: "stopped", Failed: "failed"}[type(event)]
    failed = event if isinstance(event, Failed) else Failed(None, "")
    change_about(
        folder,
        ending=word,
        sentence=failed.sentence[:_MOST_LETTERS],
        useless=failed.useless,
        node=failed.node or "",
        fixes=failed.fixes,
        rule=event.reason if isinstance(event, Finished) and event.reason != "done" else "",
        best=int(event.metrics.get("epoch") or 0) if isinstance(event, Finished) else 0,
    )


def noting(events: Iterator[Event], folder: Path, file: Path | None) -> Generator[Event]:
    """The events of a training that writes into ``folder``, while it is noted there whose drawing it is, that it is
    being trained, and how it ends. ``file`` is the drawing's file, if it has one."""
    begun = False
    try:
        with closing(events) as running:  # type: ignore[type-var]  # a generator, as every training is
            for event in running:
                if isinstance(event, Started):
                    begun = True
                    note_started(folder, file)
                elif begun and isinstance(event, Finished | Cancelled | Failed):
                    begun = False
                    note_ended(folder, event)
                yield event
    finally:
        if begun:  # nobody asked for the next event
            change_about(folder, ending="stopped")


def stood(folder: Path) -> tuple[int, int] | None:
    """How many epochs its weights have behind them, and how many batches of the next; None if they cannot be read, or
    do not say it."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        with open(folder / WEIGHTS, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if not 2 <= size <= _MOST_HEADER:
                return None
            header = json.loads(file.read(size))
        said = header["__metadata__"] if isinstance(header, dict) and "__metadata__" in header else {}
        found = [_number(said.get(name)) for name in ("epoch", "batch")] if isinstance(said, dict) else [None]
        if all(number is not None for number in found) and len(found) == 2:
            return found[0] or 0, found[1] or 0
    return None


def _number(text: object) -> int | None:
    return count(int(text)) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 13 else None
