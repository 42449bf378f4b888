"""Variants that descend from better ones before them: aging evolution (Real et al. 2019). Needs no torch.

Some of a population are drawn by chance, and the best of those gets a child in which one setting is another. The child
joins, and whoever has lived longest goes, however good it is: so a result that was luck does not stay for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from random import Random
from typing import Any

from app.core.graph.model import Project
from app.core.variants.axes import SweepAxis
from app.core.variants.drawings import Variant, value_now, with_values
from app.training.sweeping.results import SweepTable, ranked

LEAST, MOST_USUAL = 2, 16  # members of a population
_ATTEMPTS = 200  # at a child that nobody had before
_STEP = 0.2  # standard deviation of a step within a range, as a share of it


def population_of(tries: int) -> int:
    """How many live at a time if nothing is said: a third of the tries, so that most of them descend from others."""
    return min(MOST_USUAL, max(LEAST, tries // 3))


class Evolution:
    """Gives the next variants when called, none at the end: first a population by chance, in which the drawing as it
    is comes first where its values are among those that vary, then children, a third of the population at a time.

    What it gives depends on the seed and on the results in the table alone, so a sweep that goes on goes the same way.

    Args:
        tries: how many variants in all; fewer where there are no more.
        table: what came of those before. Their numbers count from 0 in the order in which they were given.
        population: how many live at a time; ``population_of`` the tries if not given.
    """

    def __init__(
        self,
        project: Project,
        every: Sequence[SweepAxis],
        tries: int,
        seed: int,
        table: SweepTable,
        population: int | None = None,
    ) -> None:
        self.project, self.every, self.tries, self.table = project, tuple(every), tries, table
        self.size = min(population or population_of(tries), tries)
        self.drawn_at_a_time = max(2, self.size // 3)
        self.alive: deque[int] = deque()  # numbers of variants, the oldest first
        self._random = Random(seed)
        self._given: list[dict[str, Any]] = []
        self._known: set[tuple[Any, ...]] = set()
        self._waiting: list[int] = []

    def __call__(self) -> Sequence[Variant]:
        """The next variants.

        Raises:
            BadVariants: for a setting that does not exist, or a value it cannot take.
        """
        self.alive += [number for number in self._waiting if self.table.rows[number].result is not None]
        self._waiting.clear()
        while len(self.alive) > self.size:
            self.alive.popleft()
        left = self.tries - len(self._given)
        if not self.alive:  # nobody yet, or not one of them could be trained
            return self._founders(min(self.size, left))
        found = (self._child() for _ in range(min(max(2, self.size // 3), left)))
        return [child for child in found if child is not None]

    def _founders(self, count: int) -> list[Variant]:
        found: list[Variant] = []
        first = not self._given
        for attempt in range(_ATTEMPTS * count):
            if len(found) == count:
                break
            drawn = {each.name: each.drawn(self._random) for each in self.every}
            values = _as_drawn(self.project, self.every, drawn) if first and attempt == 0 else drawn
            if tuple(values.values()) not in self._known:
                found.append(self._new(values))
        return found

    def _child(self) -> Variant | None:
        """A child with one other setting than its parent, that nobody had before; None if all were tried."""
        for _ in range(_ATTEMPTS):
            some = self._random.sample(list(self.alive), min(self.drawn_at_a_time, len(self.alive)))
            parent = ranked(self.table.rows[number] for number in some)[0].number
            values = mutated(self._given[parent], self.every, self._random)
            if tuple(values.values()) not in self._known:
                return self._new(values, parent)
        return None

    def _new(self, values: dict[str, Any], parent: int | None = None) -> Variant:
        self._known.add(tuple(values.values()))
        self._waiting.append(len(self._given))
        self._given.append(values)
        return Variant(values, with_values(self.project, values), parent)


def mutated(values: dict[str, Any], every: Sequence[SweepAxis], random: Random) -> dict[str, Any]:
    """The values with one of them changed: to a neighbour among numbers one by one, by a step within a range, to any
    other among words."""
    each = random.choice([each for each in every if each.range is not None or len(each.values) > 1] or list(every))
    return {**values, each.name: _other(each, values[each.name], random)}


def _other(each: SweepAxis, now: Any, random: Random) -> Any:
    if each.range is not None:
        return each.range.at(min(max(each.range.share(now) + random.gauss(0.0, _STEP), 0.0), 1.0))
    others = [value for value in each.values if value != now]
    if not others or not all(isinstance(value, int | float) and not isinstance(value, bool) for value in each.values):
        return random.choice(others or list(each.values))
    return random.choice(
        [*_nearest([v for v in others if v < now], now), *_nearest([v for v in others if v > now], now)]
    )


def _nearest(values: list[Any], now: Any) -> list[Any]:
    return [min(values, key=lambda value: abs(value - now))] if values else []


def _as_drawn(project: Project, every: Sequence[SweepAxis], otherwise: dict[str, Any]) -> dict[str, Any]:
    """The values that the drawing has, where they are among those that vary."""
    found = dict(otherwise)
    for each in every:
        now = value_now(project, each.name)
        if each.range is None:
            same = (value for value in each.values if with_values(project, {each.name: value}) == project)
            found[each.name] = next(same, otherwise[each.name])
        elif isinstance(now, int | float) and each.range.low <= now <= each.range.high:
            found[each.name] = int(now) if each.range.whole else float(now)
    return found
