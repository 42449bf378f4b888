"""Where the window keeps its runs: one folder each, and not more of them than anybody looks for; and those that the
command line has written elsewhere."""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
from datetime import datetime
from pathlib import Path

from app.core.graph.model import Project
from app.training.events import Cancelled, Failed, Finished
from app.training.folder import BOARD, DRAWING, FILES, KEPT
from app.training.kept_runs import KeptRun as KeptRun
from app.training.kept_runs import drawing_of as drawing_of
from app.training.kept_runs import latest as latest
from app.training.kept_runs import past as past
from app.training.run_description import about
from app.training.run_folders import home as home

log = logging.getLogger(__name__)

MOST_RUNS = 30
KEPT_APART = "A training has begun meanwhile, so the weights are kept as a run of their own: Train > All runs."
# Only folders that carry the name this file gives are ever removed.
_NAME = re.compile(r"[\w-]{1,48}-\d{8}-\d{6}(-\d+)?\Z")
_given: set[Path] = set()  # by this process: folders that may still be made


def new_run(title: str, now: datetime | None = None) -> Path:
    """A name for the folder of a new run, such as ``lenet-20260131-140502``, which no other one gets. The folder itself
    is not made.

    Raises:
        OSError: if the folder of all runs cannot be made.
    """
    place = home()
    place.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[\W_]+", "-", title.lower()).strip("-")[:32] or "drawing"
    name = f"{stem}-{(now or datetime.now()):%Y%m%d-%H%M%S}"
    count, wanted = 1, name
    while place / name in _given or (place / name).exists():
        count += 1
        name = f"{wanted}-{count}"
    _given.add(place / name)
    return place / name


def prune(keep: Path | None = None, most: int = MOST_RUNS) -> None:
    """Remove the oldest runs beyond ``most``. What cannot be removed stays; so does ``keep``, what is being trained,
    the last training of every drawing whose file is still there: whoever opens it may want that back, and what somebody
    has given a name or a note."""
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
        if index < most or wanted or known.name or known.note or known.training or entry == keep or entry.is_symlink():
            continue
        if (entry / DRAWING).exists():
            shutil.rmtree(entry, ignore_errors=True)


def other_files(folder: Path) -> list[str]:
    """What lies in the folder of a run and is no part of it: who chose the folder may have put it there."""
    with contextlib.suppress(OSError):
        ours = (*FILES, KEPT, BOARD)
        return sorted(entry.name for entry in folder.iterdir() if entry.name.removesuffix(".new") not in ours)
    return []


def shown(run: Path) -> str:
    """A folder as a person writes it, with ~ for the home folder."""
    try:
        return str(Path("~") / run.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(run)


def ending_of(past: KeptRun, project: Project) -> Finished | Cancelled | Failed:
    """How an earlier run ended. One whose process ended in its middle counts as stopped."""
    if past.about.ending == "failed":
        known = past.about
        return Failed(known.node or None, known.sentence, known.fixes, known.useless)
    if past.about.rule:
        return Finished(past.epoch, past.about.rule)
    return Finished(past.epoch) if past.epoch >= project.recipe.epochs else Cancelled(past.epoch, str(past.folder))
