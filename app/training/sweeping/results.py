"""What came of the variants of a sweep, best first. Needs no torch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.training.events import BatchDone, Cancelled, EpochDone, Failed, Finished, Started
from app.training.numbers import first_metric
from app.training.sweeping.sweep_events import VariantAdded, VariantEvent
from nodes.api import declared

WAITING, TRAINING, DONE, DIVERGED, FAILED, STOPPED = "waiting", "training", "done", "diverged", "failed", "stopped"
PAUSED = "paused"  # of one that trains, for whoever holds all of them


@dataclass(frozen=True)
class VariantResult:
    """A variant and what is known of it: the number that counts (``metric`` as in ``EpochDone.metrics``, such as
    ``val_accuracy``) and all of its last epoch, or of that whose weights are kept."""

    number: int
    name: str
    values: Mapping[str, Any]
    folder: str
    state: str = WAITING
    epoch: int = 0
    epochs: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    metric: str = ""
    loss: float = math.nan
    seconds: float = 0.0
    sentence: str = ""
    parent: int | None = None

    @property
    def result(self) -> float | None:
        """The value that counts; None before the first epoch is complete, and of one that has diverged."""
        if self.state in (DIVERGED, FAILED):
            return None
        return self.metrics.get(self.metric)


def result_name(metrics: Mapping[str, float]) -> str:
    """The number that counts: the first metric of the validation data that is one, else its loss, else those of the
    training."""
    part = "val" if any(name.startswith("val_") for name in metrics) else "train"
    known = {name: value for name, value in metrics.items() if not math.isnan(value)}
    return f"{part}_{first_metric(known, part) or 'loss'}"


def is_higher_better(metric: str) -> bool:
    """Whether more of it is better."""
    known = declared.metrics().get(metric.partition("_")[2])
    return known is not None and known.higher


class SweepTable:
    """Follows the events of a sweep."""

    def __init__(self) -> None:
        self.rows: dict[int, VariantResult] = {}

    def hear(self, event: VariantAdded | VariantEvent) -> VariantResult:
        """Take in an event; gives the row as it is now."""
        if isinstance(event, VariantAdded):
            row = VariantResult(event.number, event.name, event.values, event.folder, parent=event.parent)
        else:
            row = self._followed(self.rows[event.number], event)
        self.rows[event.number] = row
        return row

    def _followed(self, row: VariantResult, told: VariantEvent) -> VariantResult:
        event = told.event
        if isinstance(event, Started):
            return replace(row, state=TRAINING, epoch=event.resumed_epoch, epochs=event.epochs)
        if isinstance(event, BatchDone):
            return replace(row, loss=event.loss, state=TRAINING if row.state == WAITING else row.state)
        if isinstance(event, EpochDone):
            metrics = dict(event.metrics)
            return replace(
                row,
                state=TRAINING if row.state == WAITING else row.state,
                epoch=event.epoch,
                epochs=event.epochs,
                metrics=metrics,
                metric=result_name(metrics),
                seconds=row.seconds + event.seconds,
            )
        if isinstance(event, Finished):
            kept = {name: value for name, value in event.metrics.items() if isinstance(value, float)}
            best = {name: value for name, value in kept.items() if name.startswith(("train_", "val_"))}
            metrics = best or dict(row.metrics)
            return replace(
                row, state=DONE, metrics=metrics, metric=result_name(metrics) if metrics else "", epoch=event.epoch
            )
        if isinstance(event, Cancelled):
            return replace(row, state=STOPPED, epoch=event.epoch)
        if isinstance(event, Failed):
            return replace(row, state=DIVERGED if event.useless else FAILED, sentence=event.sentence)
        return row

    def path(self) -> list[VariantResult]:
        """The variants that were the best so far when they were tried, in their order."""
        found: list[VariantResult] = []
        for _, row in sorted(self.rows.items()):
            if row.result is not None and math.isfinite(row.result) and ranked([*found[-1:], row])[0] is row:
                found.append(row)
        return found

    def line(self, row: VariantResult) -> list[VariantResult]:
        """A variant with those that it descends from, the first of them first."""
        found = [row]
        while (parent := found[0].parent) is not None and parent in self.rows:
            found.insert(0, self.rows[parent])
        return found

    def ranked(self) -> list[VariantResult]:
        """All rows, the best first; those without a result last, in their order."""
        return ranked(self.rows.values())

    @property
    def best(self) -> VariantResult | None:
        """The best of all; None if there is no result yet."""
        first = self.ranked()[:1]
        return first[0] if first and first[0].result is not None else None


def ranked(rows: Iterable[VariantResult]) -> list[VariantResult]:
    """Rows, the best first. Where other numbers count in some of them, these stand behind those with the number of
    most: an accuracy and a loss cannot be compared."""
    every = list(rows)
    counts = Counter(row.metric for row in every if row.result is not None and math.isfinite(row.result))
    usual = [metric for metric, _ in counts.most_common()]

    def place(row: VariantResult) -> tuple[int, float, int]:
        value = row.result
        if value is None or not math.isfinite(value):
            return len(usual), 0.0, row.number
        return usual.index(row.metric), -value if is_higher_better(row.metric) else value, row.number

    return sorted(every, key=place)
