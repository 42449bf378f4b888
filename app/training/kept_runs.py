"""Runs that were kept, as they are read again: what was told of their epochs, how far their weights are, and which
drawing was trained. Needs no torch."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.core.graph.model import Project
from app.core.storage.files import UnreadableDrawing, open_project
from app.core.variants.drawings import folder_in_words
from app.training.events import EpochDone
from app.training.folder import DRAWING, METRICS, WEIGHTS, damaged_lines, epoch_of, read_metrics
from app.training.run_description import RunDescription, about, stood
from app.training.run_folders import elsewhere, home
from nodes.api.words import listed

_MOST_BYTES = 4 * 1024 * 1024  # of a run's drawing that is read to know it again
_MOST_DRAWINGS = 500
_MOST_LINES = 5  # that a sentence names


@dataclass(frozen=True)
class KeptRun:
    """A run that was kept: its folder, what was told of its complete epochs, when it was written last, and what is
    known of it besides. ``position`` is what its weights say of themselves: complete epochs, and batches after them.
    ``damaged`` are the lines of its numbers that cannot be read."""

    folder: Path
    epochs: tuple[EpochDone, ...]
    when: datetime
    about: RunDescription = field(default_factory=RunDescription)
    position: tuple[int, int] | None = None
    damaged: tuple[int, ...] = ()

    @property
    def epoch(self) -> int:
        """How many epochs are complete."""
        return self.epochs[-1].epoch if self.epochs else 0

    @property
    def learned(self) -> bool:
        """Whether there are weights that have learned something."""
        return self.position is not None and self.position > (0, 0)

    @property
    def imported(self) -> bool:
        """Whether its weights came from a file, and nothing was ever trained on them here."""
        return not (self.learned or self.epochs or self.about.ending or self.about.process is not None)


def past(folder: Path, last: bool = False) -> KeptRun | None:
    """The run in a folder; None if there is none that could be looked at. Whether its weights fit is found out later,
    by whoever loads them. ``last`` reads no more of its numbers than the last epoch needs."""
    weights = folder / WEIGHTS
    try:
        if not (folder / DRAWING).is_file() or not weights.is_file():
            return None
        when = datetime.fromtimestamp(weights.stat().st_mtime)
    except (OSError, ValueError, OverflowError):
        return None
    known = about(folder)
    entries = read_metrics(folder, last and not known.best)  # a stop rule has kept the weights of an earlier epoch
    epochs = [epoch for entry in entries if (epoch := epoch_of(entry)) is not None]
    position = stood(folder)
    if position is not None and epochs and epochs[-1].epoch == position[0] + 1:
        del epochs[-1]  # the process ended between writing this line and the weights that belong to it
    return KeptRun(folder, tuple(epochs), when, known, position, () if last else damaged_lines(folder))


def damage_words(past: KeptRun) -> str:
    """A sentence on what of a run's numbers cannot be read; empty where all can."""
    if not past.damaged:
        return ""
    numbers = listed((f"{number:,}" for number in past.damaged), most=_MOST_LINES)
    lines, epochs = ("Line", "its epoch is") if len(past.damaged) == 1 else ("Lines", "their epochs are")
    return f"{lines} {numbers} of {past.folder / METRICS} cannot be read, so {epochs} not counted here."


def latest(most: int | None = 12) -> list[KeptRun]:
    """The runs that were written last, the newest first, or all of them; of each, the last epochs alone."""
    folders = elsewhere()
    with contextlib.suppress(OSError):
        folders += [entry for entry in home().iterdir() if entry.is_dir()]
    found = [run for folder in folders if (run := past(folder, last=True)) is not None]
    return sorted(found, key=lambda run: run.when, reverse=True)[:most]


_drawings: OrderedDict[Path, tuple[tuple[int, int], Project | None]] = OrderedDict()


def folder_called(folder: Path) -> str:
    """What a run is called that nobody has named: a variant of a sweep by its values, any other by its folder."""
    project = drawing_of(folder) if "=" in folder.name or folder.name == "as_drawn" else None
    return (folder_in_words(folder.name, project) if project is not None else "") or folder.name


def drawing_of(folder: Path) -> Project | None:
    """The drawing that a run was started with, and its recipe; None if it cannot be read. Read once: as long as the
    file stays as it is, every call gives the same value."""
    path = folder / DRAWING
    try:
        found = path.stat()
    except OSError:
        return None
    stamp = found.st_mtime_ns, found.st_size
    known = _drawings.get(path)
    if known is None or known[0] != stamp:
        project: Project | None = None
        if found.st_size <= _MOST_BYTES:
            with contextlib.suppress(UnreadableDrawing):
                project = open_project(path).project
        known = _drawings[path] = stamp, project
        while len(_drawings) > _MOST_DRAWINGS:
            _drawings.popitem(last=False)
    return known[1]
