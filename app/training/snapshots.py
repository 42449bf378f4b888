"""Moments of a run that stay on disk, to be looked at and gone back to. Needs no torch.

Each epoch is a folder of its own, ``kept/12`` in the folder of the run, with drawing, weights and state as they were at
the end of that epoch: everything that a run is read from and continued from. The files are links to those that the run
has written anyway, so that an epoch that is kept costs neither time nor, while it is the last, room.

Which stay: the best and the last few (``Recipe.keep``), and some all over the run (``Recipe.snapshots``), thinned out
as it goes on. Where they would take more than ``MOST_BYTES`` the latter stay without their state, then fewer of them.

Where epochs are long there are moments within them besides, ``kept/0+50`` after 50 steps of the first: weights without
a state, so that they can be looked at, not continued from. ``within`` says where, and they are no more than
``Recipe.snapshots`` and ``MOST_BYTES_WITHIN`` allow.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from app.core.graph.recipe import Recipe
from app.training.folder import DRAWING, KEPT, STATE, WEIGHTS
from app.training.position import At, TrainingPosition, position_of
from app.training.remover import Remover

MOST_BYTES = 512 * 1024 * 1024  # of all kept epochs of a run, the best and the last ones apart
MOST_BYTES_WITHIN = 128 * 1024 * 1024  # of those within epochs, which no other file holds
LONG = 100  # batches, from which on an epoch is worth looking into
_LEAST = 16  # batches between two that are equally far from each other
_PARTS = (DRAWING, WEIGHTS, STATE)
_MOST_POINTS = 10_000  # that are looked at in a folder that anybody may have made


@dataclass(frozen=True)
class KeptPoint:
    """A moment that was kept: the end of an epoch, or one within the epoch behind it, after so many of its batches.
    ``whole``: with what the optimizer had gathered, and the random state; else there are the weights alone."""

    epoch: int
    folder: Path
    whole: bool
    batch: int = 0

    @property
    def at(self) -> At:
        """When it was."""
        return TrainingPosition(self.epoch, self.batch) if self.batch else self.epoch


def kept_points(run: Path) -> tuple[KeptPoint, ...]:
    """What can be looked at, from the first on; 0 is the beginning."""
    found = []
    with contextlib.suppress(OSError):
        for count, entry in enumerate(os.scandir(run / KEPT)):
            if count >= _MOST_POINTS:
                break
            at = _at_of(entry.name)
            if at is not None and _is_file(entry.path, DRAWING) and _is_file(entry.path, WEIGHTS):
                whole = not at.batch and _is_file(entry.path, STATE)
                found.append(KeptPoint(at.epoch, Path(entry.path), whole, at.batch))
    return tuple(sorted(found, key=lambda each: (each.epoch, each.batch)))


def kept_epochs(run: Path) -> tuple[KeptPoint, ...]:
    """What can be gone back to: the ends of epochs among them."""
    return tuple(each for each in kept_points(run) if not each.batch)


def kept_point(run: Path, at: At) -> KeptPoint | None:
    """That moment of a run, if it was kept."""
    return next((each for each in kept_points(run) if each.at == at), None)


def kept_epoch(run: Path, epoch: int) -> KeptPoint | None:
    """That epoch of a run, if it was kept."""
    return kept_point(run, epoch)


def _name(at: TrainingPosition) -> str:
    return f"{at.epoch}+{at.batch}" if at.batch else str(at.epoch)


def _at_of(name: str) -> TrainingPosition | None:
    """The moment that a folder is of; None if that is no name of one."""
    epoch, _, batch = name.partition("+")
    if not all(each.isascii() and each.isdigit() and len(each) < 10 for each in (epoch, batch or "0")):
        return None
    at = TrainingPosition(int(epoch), int(batch or 0))
    return at if _name(at) == name else None


def _is_file(point: str, part: str) -> bool:
    return os.path.isfile(f"{point}/{part}")  # a path of pathlib takes longer to make than the question


def forget(run: Path, after: At = -1) -> None:
    """Remove what was kept behind a moment, which is not of what the run becomes; all of it, if none is given."""
    place, last = run / KEPT, position_of(after)
    if last.epoch < 0:
        _remove(place)
        return
    for each in kept_points(run):
        if position_of(each.at) > last:
            _remove(each.folder)


def within(epoch: int, batches: int, recipe: Recipe) -> frozenset[int]:
    """After which batches of the epoch behind ``epoch`` complete ones the weights are kept, where an epoch has so many.

    After 1, 2, 5, 10, 20, 50 … steps of a run, because what it learns first comes soon; and, in a run of few epochs,
    at equal distances in each. Those of a run of twice as many epochs are among them.
    """
    if not recipe.snapshots or batches < LONG:
        return frozenset()
    cells = 1
    while cells * 2 <= min(recipe.snapshots // 2 // max(1, recipe.epochs), batches // _LEAST):
        cells *= 2
    found = {round(batches * cell / cells) for cell in range(1, cells)}
    if not epoch:
        found |= {first * 10**power for power in range(9) for first in (1, 2, 5)}
    return frozenset(each for each in found if each < batches)


def place_within(run: Path, at: TrainingPosition, batches: int, recipe: Recipe, size: int) -> Path | None:
    """A folder for the weights of a moment within an epoch, which holds the drawing already, once there is room for it:
    of too many, that one goes that leaves the smallest gap, as seen from the beginning. None where there is no room.

    Args:
        batches: those of an epoch.
        size: of the weights, in bytes.

    Raises:
        OSError: if it cannot be made.
    """
    most = min(recipe.snapshots, MOST_BYTES_WITHIN // max(1, size))
    if most < 1:
        return None
    names = [_at_of(name) for name in os.listdir(run / KEPT) if "+" in name] if (run / KEPT).is_dir() else []
    there = sorted(each for each in names if each is not None and each != at)
    while len(there) >= most:
        steps = [each.epoch * batches + each.batch for each in (*there, at)]
        gaps = [after / before for before, after in zip([1, *steps], steps[1:])]
        _remove(run / KEPT / _name(there.pop(gaps.index(min(gaps)))))
    folder = run / KEPT / _name(at)
    _remove(folder)
    folder.mkdir(parents=True)
    link(run / DRAWING, folder / DRAWING)
    return folder


def keep(run: Path, epoch: int, recipe: Recipe, best: int | None) -> None:
    """Keep the epoch at whose end the run stands, as its files are now, and remove those that need not stay any more.

    ``best`` is the best epoch up to this one, where it is known. What cannot be written is not kept.
    """
    if not recipe.keep and not recipe.snapshots:
        return
    folder = run / KEPT / str(epoch)
    try:
        sizes = {part: (run / part).stat().st_size for part in _PARTS}
        _remove(folder)
        folder.mkdir(parents=True)
        for part in _PARTS:
            link(run / part, folder / part)
    except OSError:  # a full disk, say; the run itself goes on
        _remove(folder)
        return
    stay = lasting(epoch, recipe, best)
    over_time = spread(epoch, recipe.snapshots, sizes[WEIGHTS])
    whole = sum(sizes.values()) * len(over_time) <= MOST_BYTES
    wanted = stay | over_time
    with contextlib.suppress(OSError):
        for name in os.listdir(run / KEPT):  # by name: to ask for the files of each takes as long as to write them
            at = _at_of(name)
            if at is not None and at.batch:
                continue
            if at is None or at.epoch not in wanted:
                _removing.remove(run / KEPT / name)
            elif not whole and at.epoch not in stay:
                (run / KEPT / name / STATE).unlink(missing_ok=True)


def lasting(epoch: int, recipe: Recipe, best: int | None) -> set[int]:
    """The best epoch so far and the last ones."""
    if not recipe.keep:
        return set()
    last = set(range(max(0, epoch - recipe.keep + 1), epoch + 1))
    return last if best is None else last | {best}


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


def link(source: Path, target: Path) -> None:
    """Let ``target`` hold what ``source`` does, which is never written to, but replaced.

    Raises:
        OSError: if that fails.
    """
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)


def removing_aside() -> AbstractContextManager[None]:
    """Inside, epochs that need not stay are removed in another thread."""
    return _removing.aside()


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        with contextlib.suppress(OSError):
            folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)


_removing = Remover(_remove)
