"""Learning rates as findings judge them: how large, whose, how large is usual, and which edit makes one lower."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.checks.problems import AnyFix, SetOwnRate, SetTraining
from app.core.compile.objectives import Objective, said_by
from app.core.compile.plan import Plan
from app.core.graph.recipe import Recipe
from nodes.api import listed

FAR = 10.0  # times the usual rate


@dataclass(frozen=True)
class Rate:
    """The learning rate of an objective. ``losses`` are those that ask for it; none where it is that of the recipe."""

    value: float
    usual: float
    losses: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """``learning rate 0.1``, ``own learning rate 10 of judge``."""
        return (
            f"own learning rate {self.value:g} of {listed(self.losses, ' and ')}"
            if self.losses
            else f"learning rate {self}"
        )

    def __str__(self) -> str:
        return f"{self.value:g}"

    @property
    def too_large(self) -> bool:
        """Whether it is far from all that is usual, so that nobody can call it blameless."""
        return self.value >= FAR * self.usual

    def lowered(self, value: float) -> AnyFix:
        """The edit that sets it to ``value``."""
        return SetOwnRate(self.losses, rounded(value)) if self.losses else SetTraining("lr", rounded(value))


def rate_of(plan: Plan, objective: Objective, recipe: Recipe, value: float | None = None) -> Rate:
    """The rate of an objective: ``value`` where a schedule, or somebody, has changed it."""
    said = tuple(loss.name for loss in plan.losses if loss.name in objective.losses and "lr" in said_by(loss.settings))
    usual = recipe.optimizer_named(objective.own.get("optimizer", "")).usual_lr
    return Rate(objective.lr(recipe) if value is None else value, usual, said)


def blameless(rates: Iterable[Rate]) -> str:
    """``the learning rate 0.01 is``, or of several ``the learning rates 0.01 and 0.1 are``."""
    every = tuple(dict.fromkeys(str(rate) for rate in rates))
    return f"the learning rate {every[0]} is" if len(every) == 1 else f"the learning rates {' and '.join(every)} are"


def rounded(value: float) -> float:
    """With as many digits as a sentence shows, so that the button sets what the sentence says."""
    return float(f"{value:.3g}")
