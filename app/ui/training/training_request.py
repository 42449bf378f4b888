"""What a session was asked for, and the run that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.graph.model import Project
from app.core.graph.same_net import renamed
from app.jobs.messages import Ended
from app.training.events import Cancelled, Failed, Finished


def ending_told(ended: Ended, epoch: int, folder: Path) -> Finished | Cancelled | Failed:
    """How a training ended, from what its job says."""
    if isinstance(ended.event, Finished | Cancelled | Failed):
        return ended.event
    if ended.outcome == "failed":
        return Failed(ended.node, ended.sentence)
    return Cancelled(epoch, str(folder))


@dataclass(frozen=True)
class Run:
    """A training: the drawing it was started with, and its folder. One that goes on knows the drawing ``before``, whose
    layers may have had other names. A branch has ``left`` another run, in that folder, at the end of that epoch."""

    project: Project
    folder: Path
    before: Project | None = None
    left: tuple[Path, int] | None = None

    @property
    def resumed(self) -> bool:
        """Whether it goes on with an earlier one."""
        return self.before is not None

    @property
    def names(self) -> Mapping[str, str]:
        """Layers that had another name in the earlier one, and what they are called now."""
        return (renamed(self.before, self.project) or {}) if self.before is not None else {}


@dataclass(frozen=True)
class TrainingRequest:
    """What was asked for when Train, Step or Continue was pressed. ``at`` is the epoch of ``resume`` that a branch
    leaves, ``weights`` a file or a run that a fresh one begins with."""

    paused: bool
    resume: Path | None = None
    at: int | None = None
    weights: Path | None = None

    @property
    def left(self) -> tuple[Path, int] | None:
        """The run that a branch leaves, and where."""
        return (self.resume, self.at) if self.resume is not None and self.at is not None else None
