"""Numbers that cannot be told, and what waits for them to become better."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from app.core.checks.fixes import command_at
from app.core.graph.model import MAIN, Project
from app.training.events import Diagnosed, EpochDone, Finished
from app.training.loop import train
from app.training.numbers import short, shown
from app.training.sweeping.results import SweepTable
from app.training.sweeping.sweep_events import VariantAdded, VariantEvent
from nodes.modules.no_better import NoBetter
from tests.training.nets import FAST, compiled, linear_net, only


def one_held_out(**settings: Any) -> Project:
    """A single sample is checked, so there is no AUROC."""
    project = linear_net()
    recipe = replace(FAST, validation=0.0006, metrics=("auroc",), epochs=3).with_settings(**settings)
    return replace(project, recipe=recipe)


@pytest.mark.parametrize(
    "settings",
    [{"stopping": "no-better", "patience": 1, "watch": "metric"}, {"schedule": "reduce-on-plateau", "watch": "metric"}],
    ids=["stop rule", "schedule"],
)
def test_what_watches_no_number_is_told(settings: dict[str, Any]) -> None:
    """Fails if a stop rule ends the training at once, as nothing was better than no number, or nobody is told that it
    watches none; or if the button does not mend that."""
    project = one_held_out(**settings)
    events = list(train(compiled(project), project.recipe))
    assert isinstance(events[-1], Finished)
    assert len(only(events, EpochDone)) == 3
    (told,) = [each for each in only(events, Diagnosed) if each.code == "watch"]
    assert "watches the AUROC of the validation data, which cannot be told" in told.sentence
    command = command_at(project, MAIN, "", told.fixes[0])
    assert command is not None
    mended = command.apply(project)
    assert not [each for each in only(train(compiled(mended), mended.recipe), Diagnosed) if each.code == "watch"]


def test_no_number_is_neither_better_nor_worse() -> None:
    """Fails if an epoch without a number counts against the patience, or its weights are taken for the best."""
    rule, model = NoBetter(2), linear_net_model()
    for value in (math.nan, 3.0, math.nan, 4.0):
        rule.look(model, value)
    assert (rule.best, rule.epochs, rule.over) == (3.0, 1, False)
    rule.look(model, 5.0)
    assert rule.over


def linear_net_model() -> Any:
    return compiled(linear_net()).model(0)


def test_no_number_is_written_as_none() -> None:
    """Fails if a share that cannot be told is written nan%."""
    assert shown("auroc", math.nan) == short("auroc", math.nan) == shown("mae", math.nan) == "–"


def swept(*metrics: dict[str, float]) -> SweepTable:
    table = SweepTable()
    for number, each in enumerate(metrics):
        table.hear(VariantAdded(number, f"v{number}", {"lr": number}, "", False, None))
        table.hear(VariantEvent(number, EpochDone(1, 1, each, 1.0, 1.0, 0.1)))
    return table


def test_variants_without_the_number_are_compared_by_their_loss() -> None:
    """Fails if the first variant is the best because no number is better than another."""
    table = swept({"val_loss": 0.5, "val_auroc": math.nan}, {"val_loss": 0.1, "val_auroc": math.nan})
    assert table.best is not None
    assert (table.best.name, table.best.metric) == ("v1", "val_loss")


def test_an_accuracy_is_not_compared_with_a_loss() -> None:
    """Fails if a variant whose number cannot be told leads by its loss those that have one."""
    table = swept(
        {"val_loss": 9.0, "val_auroc": math.nan},
        {"val_loss": 0.1, "val_auroc": 0.7},
        {"val_loss": 0.2, "val_auroc": 0.9},
    )
    assert [row.name for row in table.ranked()] == ["v2", "v1", "v0"]
