"""Where runs part: what is drawn of a branch and of the run that it leaves, and which epochs can be gone back to. No
Qt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from app.core.graph.model import Project
from app.core.live_settings import BETWEEN_EPOCHS, with_change
from app.training.snapshots import kept_epochs
from app.ui.training import runs
from app.ui.training.run_curves import RunCurves


@dataclass(frozen=True)
class CurvePlace:
    """A place on the curves: the nearest epoch, and the batch there, if it is known: number ``batch`` of ``within``
    (both from 1), with its ``loss``."""

    epoch: int
    within: int = 0
    batch: int = 0
    loss: float | None = None


def place_of(story: RunCurves, at: float, reach: float = 0.0) -> CurvePlace:
    """What a story tells of a place, in epochs. Of several batches within ``reach`` it is the one with the largest
    loss: whoever points at a spike means that."""
    epoch = max(0, round(at))
    steps = story.steps
    if not len(steps) or not steps[0] - 1 <= at <= steps[-1] + 1:
        return CurvePlace(epoch)
    index = min(bisect_left(steps, at), len(steps) - 1)
    if index and abs(steps[index - 1] - at) < abs(steps[index] - at):
        index -= 1
    near = range(bisect_left(steps, at - reach), bisect_right(steps, at + reach))
    index = max((each for each in near if isfinite(story.losses[each])), key=story.losses.__getitem__, default=index)
    within, batch = story.batch_of(index)
    return CurvePlace(epoch, within, batch, story.losses[index])


def drawing_at(project: Project, story: RunCurves, place: CurvePlace) -> Project | None:
    """The drawing and recipe with which a run did a batch, by those of now and what was changed since. None where the
    drawing was edited since."""
    if any((each.epoch, each.batch) > (place.within, place.batch) for each in story.edits):
        return None
    for each in reversed(story.changes):
        if each.epoch > place.within and each.setting in BETWEEN_EPOCHS:
            project = with_change(project, each.setting, int(each.before))
    return project


def leave(story: RunCurves, earlier: Sequence[RunCurves], folder: Path, epoch: int) -> list[RunCurves]:
    """Let a story begin where it leaves the run in ``folder``. Gives what stands behind it: that run first."""
    parent = next((each for each in earlier if each.folder == folder), None)
    if parent is None:
        past = runs.past(folder)
        if past is not None:
            parent = RunCurves.recalled(past.epochs, past.epoch)
            parent.folder = folder
    if parent is None:  # it was thrown away
        story.leave(story.done, epoch)
        return list(earlier)
    story.leave(parent.done, epoch, parent.before)
    return [parent, *(each for each in earlier if each is not parent)]


class KeptOf:
    """The epochs of a run that were kept, looked up again when another epoch is done."""

    def __init__(self) -> None:
        self._known: tuple[Path | None, int] = (None, 0)
        self._epochs: tuple[int, ...] = ()

    def of(self, story: RunCurves) -> tuple[int, ...]:
        """Those of the run that a story tells."""
        known = (story.folder, len(story.done))
        if known != self._known:
            self._known = known
            self._epochs = tuple(each.epoch for each in kept_epochs(story.folder)) if story.folder is not None else ()
        return self._epochs
