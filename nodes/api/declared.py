"""All optimizers, schedules, stop rules, metrics, policies, replay memories and slow copies, found by walking their
folders."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TypeVar

from nodes.api.files import files_of
from nodes.api.training import Declared, Metric, Optimizer, Policy, ReplayMemory, Schedule, StopRule, Target

D = TypeVar("D", bound=Declared)
# What stands first in a list; the others follow by name.
_FIRST = ("Adam", "SGD", "constant", "never", "accuracy", "reward", "unbeaten", "epsilon-greedy", "uniform", "hard")


def _found(folder: str, kind: type[D]) -> Mapping[str, D]:
    found: dict[str, D] = {}
    for file in files_of(folder):
        for value in vars(file).values():
            if not isinstance(value, kind) or value.function.__module__ != file.__name__:
                continue
            if value.id in found:
                raise TypeError(f"two files of nodes/{folder} declare {value.id}")
            found[value.id] = value
    ranked = sorted(found, key=lambda id: (_FIRST.index(id) if id in _FIRST else len(_FIRST), id))
    return MappingProxyType({id: found[id] for id in ranked})


@cache
def optimizers() -> Mapping[str, Optimizer]:
    """Every optimizer by id."""
    return _found("optimizers", Optimizer)


@cache
def schedules() -> Mapping[str, Schedule]:
    """Every schedule of the learning rate by id."""
    return _found("schedules", Schedule)


@cache
def stop_rules() -> Mapping[str, StopRule]:
    """Every stop rule by id."""
    return _found("stopping", StopRule)


@cache
def metrics() -> Mapping[str, Metric]:
    """Every metric by id."""
    return _found("metrics", Metric)


@cache
def policies() -> Mapping[str, Policy]:
    """Every policy by id."""
    return _found("policies", Policy)


@cache
def replays() -> Mapping[str, ReplayMemory]:
    """Every replay memory by id."""
    return _found("replays", ReplayMemory)


@cache
def targets() -> Mapping[str, Target]:
    """Every slow copy by id."""
    return _found("targets", Target)
