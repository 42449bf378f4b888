"""Which epoch of a run is the best so far, by what its stop rule looks at. Needs no torch."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import islice
from typing import Protocol

from app.core.compile.measuring import watched
from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.training.events import EpochDone


class JudgedRun(Protocol):
    """A run with the numbers of its epochs. ``begun_at`` is the epoch that its folder begins with."""

    net: CompiledNet
    recipe: Recipe
    told: dict[int, EpochDone]
    begun_at: int


class BestEpochs:
    """Follows one run, and looks at each of its epochs once: one of ten thousand would else spend longer on looking
    back than on learning. All are looked at again where others count, as after an edit of the drawing."""

    def __init__(self) -> None:
        self._by: tuple[object, ...] = ()  # what the numbers below were found for
        self._seen = 0
        self._number, self._sign = "", 1.0
        self._epochs: list[int] = []  # each better than all before it
        self._losses: list[float] = []  # theirs; the lowest is best

    def until(self, run: JudgedRun, epoch: int) -> int | None:
        """The best epoch up to this one, of equal ones the first; None where no number is known."""
        self._follow(run)
        place = bisect_right(self._epochs, epoch)
        return self._epochs[place - 1] if place else None

    def _follow(self, run: JudgedRun) -> None:
        by = (run.net, run.recipe, run.told, run.begun_at)
        if len(self._by) != len(by) or any(old is not new for old, new in zip(self._by, by, strict=True)):
            self._by, self._seen, self._epochs, self._losses = by, 0, [], []
            settings = run.recipe.settings_of(run.recipe.stop_rule)
            self._number, higher = watched(run.net.plan, settings.get("watch", "loss"))
            self._sign = -1.0 if higher else 1.0
            told = dict(sorted(run.told.items()))
        else:
            told = run.told  # a dict keeps its order, and a run adds epochs behind those that it has
        new = reversed(list(islice(reversed(told.items()), len(told) - self._seen)))
        for epoch, done in new:
            loss = self._sign * done.metrics.get(self._number, math.nan)
            if epoch >= run.begun_at and loss == loss and not (self._losses and loss >= self._losses[-1]):
                self._epochs.append(epoch)
                self._losses.append(loss)
        self._seen = len(told)
