"""Variants that are chosen by what came of those before, with Optuna."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from app.core.graph.model import Project
from app.core.variants.axes import SweepAxis, written
from app.core.variants.drawings import Variant, with_values
from app.training.sweeping.results import SweepTable, VariantResult, is_higher_better

TOGETHER = 8  # that are asked for at a time, so that they can train together


class Unavailable(Exception):
    """A package is missing. The message says how to get it."""


def optuna_source(
    project: Project, every: Sequence[SweepAxis], tries: int, seed: int, table: SweepTable
) -> Callable[[], Sequence[Variant]]:
    """Gives variants in pieces of ``TOGETHER``, each piece chosen by the results that stand in the table by then. One
    that has diverged counts as failed.

    Raises:
        Unavailable: if Optuna is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise Unavailable(
            "This search needs Optuna, which is not installed. Get it with: pip install netloom[sweep]. A search by "
            "chance needs nothing: --search random."
        ) from None
    optuna.logging.set_verbosity(logging.ERROR)
    distributions = {each.name: _distribution(optuna, each) for each in every}
    study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=seed))
    waiting: list[tuple[Any, int]] = []  # trial, number of the variant
    given = asked = 0

    def told(row: VariantResult | None) -> float | None:
        """What is made small: the result, or its negative where more is better."""
        if row is None or row.result is None:
            return None
        return -row.result if is_higher_better(row.metric) else row.result

    def source() -> Sequence[Variant]:
        nonlocal given, asked
        for trial, number in waiting:
            value = told(table.rows.get(number))
            state = {"state": optuna.trial.TrialState.FAIL} if value is None else {"values": value}
            study.tell(trial, **state)
        waiting.clear()
        found: list[Variant] = []
        known = {tuple(row.values.items()): row for row in table.rows.values()}
        while given < tries and len(found) < TOGETHER and asked < 10 * tries:
            trial = study.ask(distributions)
            values = {each.name: _chosen(each, trial.params[each.name]) for each in every}
            key = tuple(values.items())
            asked += 1
            if any(tuple(each.values.items()) == key for each in found):
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            elif key in known:  # tried already: nothing new would come of it
                value = told(known[key])
                study.tell(trial, **({"state": optuna.trial.TrialState.FAIL} if value is None else {"values": value}))
            else:
                given += 1
                waiting.append((trial, len(table.rows) + len(found)))
                found.append(Variant(values, with_values(project, values)))
        return found

    return source


def _distribution(optuna: Any, each: SweepAxis) -> Any:
    if each.range is None:
        return optuna.distributions.CategoricalDistribution([written(value) for value in each.values])
    low, high, log = each.range.low, each.range.high, each.range.log
    if each.range.whole:
        return optuna.distributions.IntDistribution(int(low), int(high), log=log)
    return optuna.distributions.FloatDistribution(low, high, log=log)


def _chosen(each: SweepAxis, value: Any) -> Any:
    if each.range is None:
        return next(known for known in each.values if written(known) == value)
    return int(value) if each.range.whole else float(f"{value:.3g}")
