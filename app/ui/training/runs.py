"""Where the window keeps its runs: one folder each, and not more of them than anybody looks for."""

from __future__ import annotations

import logging
import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.training.events import EpochDone
from app.training.folder import DRAWING, WEIGHTS, epoch_of, read_metrics

log = logging.getLogger(__name__)

MOST_RUNS = 30
# Only folders that carry the name this file gives are ever removed.
_NAME = re.compile(r"[\w-]{1,48}-\d{8}-\d{6}(-\d+)?\Z")


@dataclass(frozen=True)
class Past:
    """A run that was kept: its folder, what was told of its complete epochs, and when it was written last."""

    folder: Path
    epochs: tuple[EpochDone, ...]
    when: datetime

    @property
    def epoch(self) -> int:
        """How many epochs are complete."""
        return self.epochs[-1].epoch if self.epochs else 0


def past(folder: Path, last: bool = False) -> Past | None:
    """The run in a folder; None if there is none that could be looked at. Whether its weights fit is found out later,
    by whoever loads them. ``last`` reads no more of its numbers than the last epoch needs."""
    weights = folder / WEIGHTS
    try:
        if not (folder / DRAWING).is_file() or not weights.is_file():
            return None
        when = datetime.fromtimestamp(weights.stat().st_mtime)
    except OSError:
        return None
    epochs = [epoch for entry in read_metrics(folder, last) if (epoch := epoch_of(entry)) is not None]
    return Past(folder, tuple(epochs), when)


def latest(most: int = 12) -> list[Past]:
    """The window's runs that were written last, the newest first; of each, the last epochs alone."""
    try:
        folders = [entry for entry in home().iterdir() if entry.is_dir()]
    except OSError:
        return []
    found = [run for folder in folders if (run := past(folder, last=True)) is not None]
    return sorted(found, key=lambda run: run.when, reverse=True)[:most]


def home() -> Path:
    """The folder of all runs: in NETLOOM_HOME if that is set, else where this system keeps data of programs."""
    place = os.environ.get("NETLOOM_HOME")
    if place:
        return Path(place) / "runs"
    from platformdirs import user_data_path

    return user_data_path("netloom", appauthor=False) / "runs"


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
    """Remove the oldest runs beyond ``most``; ``keep`` stays in any case. What cannot be removed stays too."""
    try:
        found = [entry for entry in home().iterdir() if _NAME.match(entry.name) and entry.is_dir()]
        found.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
    except OSError as error:
        log.warning("The runs could not be listed: %s", error)
        return
    for entry in found[most:]:
        if entry != keep and not entry.is_symlink() and (entry / DRAWING).exists():
            shutil.rmtree(entry, ignore_errors=True)


def shown(run: Path) -> str:
    """The folder as a person writes it, with ~ for the home folder."""
    try:
        return str(Path("~") / run.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(run)
