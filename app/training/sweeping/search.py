"""Variants that are chosen by what came of those before, with Optuna."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from app.core.graph.model import Project
from app.core.variants.axes import Axis, written
from app.core.variants.drawings import Variant, with_values
from app.training.sweeping.results import Table, is_higher_better

TOGETHER = 8  # that are asked for at a time, so that they can train together


class Unavailable(Exception):
    """A package is missing. The message says how to get it."""


def optuna_source(
    project: Project, every: Sequence[Axis], tries: int, seed: int, table: Table
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
    study: Any = None
    waiting: list[tuple[Any, int]] = []  # trial, number of the variant
    asked = 0

    def tell() -> None:
        for trial, number in waiting:
            result = table.rows[number].result if number in table.rows else None
            if result is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                study.tell(trial, result)
        waiting.clear()

    def source() -> Sequence[Variant]:
        nonlocal study, asked
        if study is None:
            study = optuna.create_study(direction="minimize", sampler=optuna.samplers.TPESampler(seed=seed))
        if waiting:
            first = next((row.metric for row in table.rows.values() if row.metric), "val_loss")
            if is_higher_better(first) and study.direction != optuna.study.StudyDirection.MAXIMIZE:
                study = _maximizing(optuna, study, seed)
            tell()
        found: list[Variant] = []
        known = {tuple(row.values.items()) for row in table.rows.values()}
        while asked < tries and len(found) < TOGETHER:
            trial = study.ask(distributions)
            values = {each.name: _chosen(each, trial.params[each.name]) for each in every}
            asked += 1
            if tuple(values.items()) in known:  # tried already: nothing new would come of it
                same = next(row for row in table.rows.values() if tuple(row.values.items()) == tuple(values.items()))
                if same.result is not None:
                    study.tell(trial, same.result)
                continue
            known.add(tuple(values.items()))
            waiting.append((trial, len(table.rows) + len(found)))
            found.append(Variant(values, with_values(project, values)))
        return found

    return source


def _maximizing(optuna: Any, study: Any, seed: int) -> Any:
    """The same study, looking for large values; nothing has been told to it yet."""
    other = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    for _ in study.trials:
        other.ask()
    return other


def _distribution(optuna: Any, each: Axis) -> Any:
    if each.range is None:
        return optuna.distributions.CategoricalDistribution([written(value) for value in each.values])
    low, high, log = each.range.low, each.range.high, each.range.log
    if each.range.whole:
        return optuna.distributions.IntDistribution(int(low), int(high), log=log)
    return optuna.distributions.FloatDistribution(low, high, log=log)


def _chosen(each: Axis, value: Any) -> Any:
    if each.range is None:
        return next(known for known in each.values if written(known) == value)
    return int(value) if each.range.whole else float(f"{value:.3g}")
