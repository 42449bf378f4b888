"""The numbers of an epoch in words: what they are called, and how they are written. Needs no torch.

Names are as ``EpochDone.metrics`` has them without the part: ``loss``, ``loss.fool``, ``accuracy``, ``f1``. What an
older or a newer version has measured is shown too, under its own name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

from nodes.api import declared
from nodes.api.words import figure, per_cent

T = TypeVar("T")


def named(metrics: Mapping[str, object], part: str) -> list[str]:
    """The names of what was measured of a part, ``train`` or ``val``, in order."""
    return [name.removeprefix(f"{part}_") for name in metrics if name.startswith(f"{part}_")]


def word_of(name: str) -> str:
    """What it is called in a sentence: ``accuracy``, ``F1``, ``loss fool``."""
    metric = declared.metrics().get(name)
    if metric is None:
        return name.replace(".", " ")
    return metric.name.lower() if metric.name[1:2].islower() and metric.name[1:].islower() else metric.name


def is_share(name: str) -> bool:
    """Whether it runs from 0 to 1 and is shown as a percentage."""
    metric = declared.metrics().get(name)
    return metric is not None and metric.percent


def first_metric(metrics: Mapping[str, float], part: str) -> str | None:
    """The name of what was measured of a part besides losses, if anything was."""
    return next((name for name in named(metrics, part) if name.partition(".")[0] != "loss"), None)


def by_loss(numbers: Mapping[str, T], names: Mapping[str, str]) -> dict[str, T]:
    """The numbers of an epoch where losses are called otherwise now: ``train_loss.fool`` as ``train_loss.forger``."""
    found = {}
    for name, value in numbers.items():
        of, dot, loss = name.partition(".")
        found[f"{of}{dot}{names.get(loss, loss)}"] = value
    return found


def plain_rate(value: float) -> float:
    """A learning rate as people write it: 1, 2, 3, 5 or 7 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    nearest = min((1, 2, 3, 5, 7, 10), key=lambda digit: abs(math.log(value / (digit * power))))
    return float(f"{nearest * power:.1g}")


UNKNOWN = "–"  # where no number can be told, such as the AUROC of samples that are all of one class


def short(name: str, value: float) -> str:
    """A value as the window says it: ``96.1 %``, ``0.123``, ``65,500``."""
    if math.isnan(value):
        return UNKNOWN
    return per_cent(value, 1) if is_share(name) else figure(value)


def shown(name: str, value: float) -> str:
    """A value as the command line writes it."""
    if math.isnan(value):
        return UNKNOWN
    if is_share(name):
        return per_cent(value, 1)
    return f"{value:.4f}" if not abs(value) >= 1000 else f"{value:,.0f}"
