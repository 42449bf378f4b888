"""Whether a generator makes nearly the same of all noise, which its losses do not tell.

Compared is how far its samples are spread, next to those of the data: the square root of the variances of all values,
added up. That a generator leaves out some kinds of samples is not seen so; a healthy pair swings, but its spread never
stays far below that of the data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from app.core.checks.problems import AnyFix
from app.core.compile.generating import Generator, generator_of
from app.core.compile.objectives import Objective, objectives
from app.core.compile.plan import Plan
from app.core.graph.recipe import Recipe
from app.training.events import Diagnosed, EpochDone
from app.training.rates import rate_of
from nodes.api.words import per_cent

NARROW = 0.3  # of the data's spread
EPOCHS = 5  # in a row that are as narrow
FEWEST_STEPS = 300  # fresh generators begin with values that are all alike
BEGUN = 5  # after this part of all epochs
USUAL_RATE = 0.0002  # of Radford et al. 2015
FAST = 2.5  # times the usual rate

# Gives the values of nodes for some training samples, and those samples.
Look = Callable[[Sequence[str]], tuple[Mapping[str, Tensor], Mapping[str, Tensor]]]


class ModeCollapseWatch:
    """Watches the generator of one run, if it has one."""

    def __init__(self, plan: Plan, recipe: Recipe, batches: int) -> None:
        self._plan, self._recipe, self._batches = plan, recipe, batches
        served = objectives(plan)
        self._generator = generator_of(plan) if len(served) > 1 else None
        self._served = served
        self._ratios: list[float] = []
        self._told = False

    def after_epoch(self, done: EpochDone, look: Look) -> Diagnosed | None:
        """What can be said after this epoch, once."""
        generator = self._generator
        if generator is None or self._told:
            return None
        made, batch = look([generator.made.node])
        ratio = spread_ratio(made.get(generator.made.node), batch.get(generator.real))
        if ratio is None:
            return None
        self._ratios.append(ratio)
        late = done.epoch * self._batches >= FEWEST_STEPS and done.epoch >= self._recipe.epochs / BEGUN
        recent = self._ratios[-EPOCHS:]
        if not late or len(recent) < EPOCHS or max(recent) >= NARROW:
            return None
        self._told = True
        return self._finding(generator, recent)

    def _finding(self, generator: Generator, recent: Sequence[float]) -> Diagnosed:
        node = generator.made.node
        said = (
            f"{node} makes nearly the same of all noise (mode collapse): for {len(recent)} epochs its samples have "
            f"been spread at most {per_cent(max(recent))} as far as those of {generator.real.partition('.')[0]}. "
        )
        trains = next((each for each in self._served if self._trains(each, node)), None)
        fixes: tuple[AnyFix, ...] = ()
        if trains is not None:
            rate = rate_of(self._plan, trains, self._recipe)
            if rate.value > FAST * USUAL_RATE:
                said += f"Its {rate.words} is high for a pair; {USUAL_RATE:g} is usual. "
                fixes = (rate.lowered(USUAL_RATE),)
        said += (
            "Wasserstein losses with a gradient penalty, and five steps of the judge in a turn, keep a way open for it."
        )
        return Diagnosed(node, said, "mode_collapse", fixes, sum(recent) / len(recent))

    def _trains(self, objective: Objective, node: str) -> bool:
        owner = next((step.attribute for step in self._plan.graph.steps if step.name == node), node)
        return objective.updates is not None and owner in objective.updates


def spread_ratio(made: Tensor | None, real: Tensor | None) -> float | None:
    """How far samples are spread next to those of the data; None where one is not known, or the data is all the
    same."""
    if made is None or real is None or len(made) < 2 or len(real) < 2:
        return None
    own, wanted = (float(each.flatten(1).double().var(0).sum()) for each in (made, real))
    if not (math.isfinite(own) and math.isfinite(wanted)) or wanted <= 0:
        return None
    return math.sqrt(own / wanted)
