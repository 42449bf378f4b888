"""Where the window keeps its runs: one folder each, and not more of them than anybody looks for."""

from __future__ import annotations

import logging
import os
import re
import shutil
from datetime import datetime
from pathlib import Path

log = logging.getLogger(__name__)

MOST_RUNS = 30
# Only folders that carry the name this file gives are ever removed.
_NAME = re.compile(r"[\w-]{1,48}-\d{8}-\d{6}(-\d+)?\Z")


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
        if entry != keep and not entry.is_symlink() and (entry / "drawing.netloom").exists():
            shutil.rmtree(entry, ignore_errors=True)


def shown(run: Path) -> str:
    """The folder as a person writes it, with ~ for the home folder."""
    try:
        return str(Path("~") / run.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(run)
