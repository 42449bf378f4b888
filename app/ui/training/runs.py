"""Where the window keeps its runs: one folder each, and not more of them than anybody looks for; and those that the
command line has written elsewhere."""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.core.graph.model import Project
from app.core.storage.files import Unreadable, open_project
from app.training.about import About, about, stood
from app.training.events import Cancelled, EpochDone, Failed, Finished
from app.training.folder import DRAWING, FILES, WEIGHTS, epoch_of, read_metrics
from app.training.whereabouts import elsewhere
from app.training.whereabouts import home as home

log = logging.getLogger(__name__)

MOST_RUNS = 30
_MOST_BYTES = 4 * 1024 * 1024  # of a run's drawing that is read to know it again
_MOST_DRAWINGS = 500
# Only folders that carry the name this file gives are ever removed.
_NAME = re.compile(r"[\w-]{1,48}-\d{8}-\d{6}(-\d+)?\Z")


@dataclass(frozen=True)
class Past:
    """A run that was kept: its folder, what was told of its complete epochs, when it was written last, and what is
    known of it besides. ``position`` is what its weights say of themselves: complete epochs, and batches after them."""

    folder: Path
    epochs: tuple[EpochDone, ...]
    when: datetime
    about: About = field(default_factory=About)
    position: tuple[int, int] | None = None

    @property
    def epoch(self) -> int:
        """How many epochs are complete."""
        return self.epochs[-1].epoch if self.epochs else 0

    @property
    def learned(self) -> bool:
        """Whether there are weights that have learned something."""
        return self.position is not None and self.position > (0, 0)


def past(folder: Path, last: bool = False) -> Past | None:
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
    return Past(folder, tuple(epochs), when, known, position)


def latest(most: int | None = 12) -> list[Past]:
    """The runs that were written last, the newest first, or all of them; of each, the last epochs alone."""
    folders = elsewhere()
    with contextlib.suppress(OSError):
        folders += [entry for entry in home().iterdir() if entry.is_dir()]
    found = [run for folder in folders if (run := past(folder, last=True)) is not None]
    return sorted(found, key=lambda run: run.when, reverse=True)[:most]


_drawings: OrderedDict[Path, tuple[tuple[int, int], Project | None]] = OrderedDict()


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
            with contextlib.suppress(Unreadable):
                project = open_project(path).project
        known = _drawings[path] = stamp, project
        while len(_drawings) > _MOST_DRAWINGS:
            _drawings.popitem(last=False)
    return known[1]


def new_run(title: str, now: datetime | None = None) -> Path:
    """A name for the folder of a new run, such as ``lenet-20260131-140502``. The folder itself is not made.

    Raises:
        OSError: if the folder of all runs cannot be made.
    """
    place = home()
    place.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:32] or "drawing"
    name = f"{stem}-{(now or datetime.now()):%Y%m%d-%H%M%S}"
    count, wanted = 1, name
    while (place / name).exists():
        count += 1
        name = f"{wanted}-{count}"
    return place / name


def prune(keep: Path | None = None, most: int = MOST_RUNS) -> None:
    """Remove the oldest runs beyond ``most``. What cannot be removed stays; so does ``keep``, what is being trained,
    and the last training of every drawing whose file is still there: whoever opens it may want that back."""
    try:
        found = [entry for entry in home().iterdir() if _NAME.match(entry.name) and entry.is_dir()]
        found.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
    except OSError as error:
        log.warning("The runs could not be listed: %s", error)
        return
    served: set[str] = set()
    for index, entry in enumerate(found):
        known = about(entry)
        wanted = {file for file in known.files[-1:] if file not in served and Path(file).is_file()}
        served |= wanted
        if index < most or wanted or known.training or entry == keep or entry.is_symlink():
            continue
        if (entry / DRAWING).exists():
            shutil.rmtree(entry, ignore_errors=True)


def other_files(folder: Path) -> list[str]:
    """What lies in the folder of a run and is no part of it: who chose the folder may have put it there."""
    with contextlib.suppress(OSError):
        return sorted(entry.name for entry in folder.iterdir() if entry.name.removesuffix(".new") not in FILES)
    return []


def shown(run: Path) -> str:
    """The folder as a person writes it, with ~ for the home folder."""
    try:
        return str(Path("~") / run.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(run)


def ending_of(past: Past, project: Project) -> Finished | Cancelled | Failed:
    """How an earlier run ended. One whose process ended in its middle counts as stopped."""
    if past.about.ending == "failed":
        known = past.about
        return Failed(known.node or None, known.sentence, known.fixes, known.useless)
    if past.about.rule:
        return Finished(past.epoch, past.about.rule)
    return Finished(past.epoch) if past.epoch >= project.recipe.epochs else Cancelled(past.epoch, str(past.folder))
