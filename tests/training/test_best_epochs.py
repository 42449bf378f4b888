"""Which epoch of a run is the best, found while it goes on, as looking back over all of them finds it."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import pytest

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.training.best_epochs import BestEpochs
from app.training.events import EpochDone
from tests.training.nets import FAST, compiled, moody_net

NET = compiled(moody_net())


@dataclass
class Past:
    """What is known of a run."""

    net: CompiledNet = NET
    recipe: Recipe = FAST
    told: dict[int, EpochDone] = field(default_factory=dict)
    begun_at: int = 0

    def tell(self, epoch: int, metrics: Mapping[str, float]) -> None:
        self.told[epoch] = EpochDone(epoch, 100, MappingProxyType(dict(metrics)), 1.0, 1.0, 0.1, 0)


def looked_back(past: Past, epoch: int, number: str, higher: bool) -> int | None:
    """The slow way: all epochs are gone through."""
    found = None
    for each in range(past.begun_at, epoch + 1):
        value = past.told[each].metrics.get(number, math.nan) if each in past.told else math.nan
        if math.isnan(value):
            continue
        if found is None or (value > found[1] if higher else value < found[1]):
            found = each, value
    return None if found is None else found[0]


@pytest.mark.parametrize(("watch", "number", "higher"), [("loss", "val_loss", False), ("metric", "val_accuracy", True)])
@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_one_that_looking_back_finds(seed: int, watch: str, number: str, higher: bool) -> None:
    """Fails if one of equal epochs is not the first, if no number counts as one, if an epoch before the folder's own
    counts, or if an earlier epoch is asked for and a later one is told."""
    draw = random.Random(seed)
    recipe = replace(FAST, metrics=("accuracy",)).with_settings(stopping="no-better", watch=watch)
    past = Past(NET.with_recipe(recipe), recipe, begun_at=draw.choice([0, 0, 5]))
    best = BestEpochs()
    values = [0.1, 0.2, 0.3, 0.3, 0.5, -math.inf, math.inf, math.nan, math.nan]
    for epoch in range(1, 60):
        if draw.random() < 0.9:  # a line that could not be read is missing
            metrics = {name: draw.choice(values[: draw.choice([5, 9])]) for name in ("val_loss", "val_accuracy")}
            past.tell(epoch, metrics if draw.random() < 0.9 else {})
        if draw.random() < 0.6:
            asked = epoch if draw.random() < 0.7 else draw.randrange(epoch + 1)
            assert best.until(past, asked) == looked_back(past, asked, number, higher)
    for epoch in range(60):
        assert best.until(past, epoch) == looked_back(past, epoch, number, higher)


def test_another_number_or_another_past_is_looked_at_anew() -> None:
    """Fails if what was found for the loss is told when accuracy counts, or for a run that began elsewhere."""
    by_loss = replace(FAST, metrics=("accuracy",)).with_settings(stopping="no-better", watch="loss")
    past, best = Past(NET.with_recipe(by_loss), by_loss), BestEpochs()
    assert best.until(past, 0) is None
    for epoch, (loss, accuracy) in enumerate([(0.1, 0.5), (0.2, 0.9), (0.3, 0.7)], 1):
        past.tell(epoch, {"val_loss": loss, "val_accuracy": accuracy})
    assert best.until(past, 3) == 1
    by_accuracy = by_loss.with_settings(watch="metric")
    past.net, past.recipe = NET.with_recipe(by_accuracy), by_accuracy
    assert best.until(past, 3) == 2
    past.begun_at = 3
    assert best.until(past, 3) == 3
    past.told = {1: past.told[1]}
    past.begun_at = 0
    assert best.until(past, 3) == 1


def test_each_epoch_is_looked_at_once() -> None:
    """Fails if every epoch looks at all before it, which makes a long run slower and slower."""

    class Counted(dict[str, Any]):
        looks = 0

        def get(self, *wanted: Any) -> Any:
            Counted.looks += 1
            return super().get(*wanted)

    past, best = Past(), BestEpochs()
    for epoch in range(1, 501):
        past.told[epoch] = EpochDone(epoch, 500, Counted(val_loss=1 / epoch), 1.0, 1.0, 0.1, 0)
        assert best.until(past, epoch) == epoch
    assert Counted.looks <= 500
