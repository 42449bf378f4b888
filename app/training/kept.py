"""Epochs of a run that stay on disk, to be gone back to. Needs no torch.

Each is a folder of its own, ``kept/12`` in the folder of the run, with drawing, weights and state as they were at the
end of that epoch: everything that a run is read from and continued from. The files are links to those that the run has
written anyway, so that an epoch that is kept costs neither time nor, while it is the last, room.

Which stay: the best and the last few (``Recipe.keep``), and some all over the run (``Recipe.snapshots``), thinned out
as it goes on. Where they would take more than ``MOST_BYTES`` the latter stay without their state, then fewer of them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.graph.recipe import Recipe
from app.training.folder import DRAWING, KEPT, STATE, WEIGHTS

MOST_BYTES = 512 * 1024 * 1024  # of all kept epochs of a run, the best and the last ones apart
_PARTS = (DRAWING, WEIGHTS, STATE)
_MOST_POINTS = 10_000  # that are looked at in a folder that anybody may have made


@dataclass(frozen=True)
class KeptEpoch:
    """An epoch that was kept. ``whole``: with what the optimizer had gathered, and the random state; else there are the
    weights alone."""

    epoch: int
    folder: Path
    whole: bool


def kept_epochs(run: Path) -> tuple[KeptEpoch, ...]:
    """What can be gone back to, from the first epoch on; 0 is the beginning."""
    found = []
    with contextlib.suppress(OSError):
        for count, entry in enumerate(os.scandir(run / KEPT)):
            if count >= _MOST_POINTS:
                break
            if _is_epoch(entry.name) and _is_file(run, entry.name, DRAWING) and _is_file(run, entry.name, WEIGHTS):
                whole = _is_file(run, entry.name, STATE)
                found.append(KeptEpoch(int(entry.name), run / KEPT / entry.name, whole))
    return tuple(sorted(found, key=lambda each: each.epoch))


def kept_epoch(run: Path, epoch: int) -> KeptEpoch | None:
    """That epoch of a run, if it was kept."""
    return next((each for each in kept_epochs(run) if each.epoch == epoch), None)


def _is_epoch(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 10 and str(int(name)) == name


def _is_file(run: Path, epoch: str, part: str) -> bool:
    return (run / KEPT / epoch / part).is_file()


def forget(run: Path, after: int = -1) -> None:
    """Remove the kept epochs behind one, which are not those of what the run becomes; all of them, if none is given."""
    place = run / KEPT
    if after < 0:
        _remove(place)
        return
    for each in kept_epochs(run):
        if each.epoch > after:
            _remove(each.folder)


def keep(run: Path, epoch: int, recipe: Recipe, losses: Mapping[int, float]) -> None:
    """Keep the epoch at whose end the run stands, as its files are now, and remove those that need not stay any more.

    ``losses`` are those of the epochs that are known, by which the best is found. What cannot be written is not kept.
    """
    if not recipe.keep and not recipe.snapshots:
        return
    folder = run / KEPT / str(epoch)
    try:
        sizes = {part: (run / part).stat().st_size for part in _PARTS}
        _remove(folder)
        folder.mkdir(parents=True)
        for part in _PARTS:
            _link(run / part, folder / part)
    except OSError:  # a full disk, say; the run itself goes on
        _remove(folder)
        return
    stay = lasting(epoch, recipe, losses)
    over_time = spread(epoch, recipe.snapshots, sizes[WEIGHTS])
    whole = sum(sizes.values()) * len(over_time) <= MOST_BYTES
    present = {each.epoch: each for each in kept_epochs(run)}
    with contextlib.suppress(OSError):
        for name in os.listdir(run / KEPT):
            if not _is_epoch(name) or int(name) not in present or int(name) not in stay | over_time:
                _remove(run / KEPT / name)
            elif not whole and int(name) not in stay and present[int(name)].whole:
                (run / KEPT / name / STATE).unlink(missing_ok=True)


def lasting(epoch: int, recipe: Recipe, losses: Mapping[int, float]) -> set[int]:
    """The best epoch so far and the last ones."""
    if not recipe.keep:
        return set()
    last = set(range(max(0, epoch - recipe.keep + 1), epoch + 1))
    known = {each: loss for each, loss in losses.items() if each <= epoch and loss == loss}
    return last | ({min(known, key=lambda each: (known[each], each))} if known else set())


def spread(epoch: int, most: int, size: int) -> set[int]:
    """At most so many epochs from the beginning to this one, equally far from each other: of an epoch that is left out
    now none is wanted later. ``size`` is that of the weights, in bytes."""
    most = min(most, MOST_BYTES // max(1, size))
    if most < 1:
        return set()
    step = 1
    while epoch // step + 1 > most and step <= epoch:
        step *= 2
    return set(range(0, epoch + 1, step))


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        with contextlib.suppress(OSError):
            folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)
