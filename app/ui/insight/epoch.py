"""The moment of a run that everybody looks at: the newest weights, or those of an epoch, or a step, that was kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core.graph.recipe import Recipe
from app.insight.view import Subject
from app.jobs.messages import Bundle
from app.training.events import BatchDone, EpochDone
from app.training.position import At, TrainingPosition, position_of
from app.training.run_description import about
from app.training.snapshots import kept_points, within
from app.ui.insight.slow_views import SlowViews
from app.ui.insight.subject_cache import Origin, SubjectCache, TrainedRun
from app.ui.insight.view_scheduler import ViewScheduler
from app.ui.insight.views import NothingToShow
from app.ui.pace import later

RENEW_MS = 400  # after an epoch of a training: some end fifty times a second


class ShownEpoch(QObject):
    """``epochs`` are the moments of the run that can be looked at: ends of epochs, and steps within long ones.
    ``moved`` tells that another one is looked at, ``known`` that there are others to choose from."""

    moved = Signal()
    known = Signal()

    def __init__(self, looker: ViewScheduler, slow: SlowViews, parent: QObject) -> None:
        super().__init__(parent)
        looker.past = slow.past = lambda: self.place
        slow.folder = looker.folder = lambda: self.folder
        self.moved.connect(looker.refresh)
        self.folder: Path | None = None
        self.epochs: tuple[At, ...] = ()
        self._epoch: At | None = None
        self._then: TrainedRun | None = None
        self._within: tuple[tuple[int, ...], frozenset[int]] = (), frozenset()
        self._later = later(self, self.renew, RENEW_MS)

    @property
    def epoch(self) -> At | None:
        """The moment that is looked at; None for the newest weights."""
        return self._epoch

    @property
    def place(self) -> tuple[Path, At] | None:
        """Where the weights lie that are looked at; None for the newest."""
        return (self.folder, self._epoch) if self.folder is not None and self._epoch is not None else None

    def kept_now(self) -> At | None:
        """The kept moment with the weights that are looked at, or the last one before them, where the newest were not
        kept; None if there is none."""
        if self._epoch is not None or self.folder is None:
            return self._epoch
        self.renew()
        best = about(self.folder).best  # its weights are the newest ones, where a stop rule has put them there
        return best if best in self.epochs else max(self.epochs, key=position_of, default=None)

    def choose(self, epoch: At | None) -> None:
        """Look at the run as it was at the end of this epoch, or after this step of one, or at the newest weights. One
        that was not kept gives the nearest that was."""
        if epoch is not None and epoch not in self.epochs:
            wanted = position_of(epoch)

            def away(each: At) -> tuple[int, int, TrainingPosition]:
                at = position_of(each)
                return abs(at.epoch - wanted.epoch), abs(at.batch - wanted.batch), at

            epoch = min(self.epochs, key=away, default=None)
        if epoch != self._epoch:
            self._epoch = epoch
            self.moved.emit()

    def go(self, steps: int) -> None:
        """So many kept epochs further, or back; behind the last come the newest weights."""
        if not self.epochs:
            return
        places = (*self.epochs, None)
        at = places.index(self._epoch) if self._epoch in self.epochs else len(places) - 1
        self.choose(places[max(0, min(len(places) - 1, at + steps))])

    def follow(self, folder: Path | None) -> None:
        """Look at the run in this folder from now on, with its newest weights; at none without one."""
        self.folder = folder
        self.renew()
        self.choose(None)

    def hear(self, bundle: Bundle, recipe: Recipe | None) -> None:
        """What a training under this recipe tells: another moment may be kept soon."""
        for event in bundle.events:
            if isinstance(event, BatchDone) and recipe is not None:
                epoch = event.epoch, event.batches, recipe.snapshots, recipe.epochs
                if self._within[0] != epoch:
                    self._within = epoch, within(event.epoch - 1, event.batches, recipe)
                if event.batch not in self._within[1]:
                    continue
            elif not isinstance(event, EpochDone):
                continue
            if not self._later.isActive():
                self._later.start()

    def renew(self) -> None:
        """See which epochs there are now. Of those that are thinned out, the nearest that stays is looked at."""
        found = tuple(each.at for each in kept_points(self.folder)) if self.folder is not None else ()
        if found != self.epochs:
            self.epochs = found
            self.known.emit()
        if self._epoch is not None and self._epoch not in found:
            self.choose(self._epoch)

    def at(self, origin: Origin | NothingToShow) -> Origin | NothingToShow:
        """What is looked at in place of the end of a run. The same value for the same question."""
        if self._epoch is None or not isinstance(origin, TrainedRun) or origin.run != self.folder:
            return origin
        wanted = replace(origin, at=self._epoch)
        if self._then is None or self._then != wanted or self._then.project is not wanted.project:
            self._then = wanted
        return self._then

    def each(self, kept: SubjectCache, origin: Origin | NothingToShow) -> Callable[[At], Subject]:
        """What gives the net at one epoch after the other, for a job. It raises a ValueError with a sentence if there
        is none."""

        def at(epoch: At) -> Subject:
            if isinstance(origin, NothingToShow):
                raise ValueError(origin.sentence)
            if not isinstance(origin, TrainedRun):
                raise ValueError("This layer was not trained as it is drawn now, so there is nothing to be seen of it.")
            return kept.subject(replace(origin, at=epoch))

        return at
