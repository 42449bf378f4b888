"""Losses that train only some nodes, and losses with weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.core.compile.net import CompiledNet
from app.training import checkpoints
from app.training.events import BatchDone, Finished
from app.training.loop import train
from app.training.objectives import Objective, objectives
from tests.training.nets import FAST, compiled, copy_of, only, same_weights, two_heads


def net_with(**settings: dict[str, Any]) -> CompiledNet:
    """Two heads on one trunk, whose losses have these settings."""
    net = compiled(two_heads())
    losses = tuple(replace(loss, settings={**loss.settings, **settings.get(loss.name, {})}) for loss in net.plan.losses)
    net.plan = replace(net.plan, losses=losses)
    return net


def test_by_default_all_losses_train_everything_together() -> None:
    """Fails if two ordinary losses are served one after the other, or one is weighed more."""
    assert objectives(compiled(two_heads()).plan.losses) == (Objective(("loss", "classes"), (1.0, 1.0)),)


def test_losses_that_train_other_nodes_are_served_in_turn() -> None:
    """Fails if losses with different goals are added up."""
    net = net_with(loss={"updates": ("back",), "weight": 0.5}, classes={"updates": ("code", "scores")})
    assert objectives(net.plan.losses) == (
        Objective(("loss",), (0.5,), ("back",)),
        Objective(("classes",), (1.0,), ("code", "scores")),
    )


def test_a_loss_changes_only_what_it_trains(tmp_path: Path) -> None:
    """Fails if gradients of one objective reach weights that belong to another."""
    net = net_with(loss={"updates": ("back",)}, classes={"updates": ("scores",)})
    model = net.model(0)
    before = copy_of(model)
    list(train(net, FAST, model=model))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"back.weight", "back.bias", "scores.weight", "scores.bias"}


def test_a_run_with_two_optimizers_continues_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the moments of the second optimizer are lost, or exchanged with those of the first."""
    settings: dict[str, dict[str, Any]] = {"loss": {"updates": ("back",)}, "classes": {"updates": ("code", "scores")}}
    net, recipe = net_with(**settings), replace(FAST, optimizer="Adam", lr=0.01)
    # The drawing in the folder knows nothing of the settings that this test gave to the plan.
    monkeypatch.setattr(checkpoints, "compile_net", lambda project: net_with(**settings))
    whole, continued = net.model(0), net.model(0)
    list(train(net, recipe, model=whole))
    running = train(net, recipe, out=tmp_path)
    for event in running:
        if isinstance(event, BatchDone) and event.batch == 4:
            break
    running.close()  # type: ignore[attr-defined]
    assert isinstance(list(train(net, recipe, model=continued, resume=tmp_path))[-1], Finished)
    assert same_weights(continued, whole)


@pytest.mark.parametrize("weight", [0.0, 3.0])
def test_weights_of_losses(weight: float) -> None:
    """Fails if a weight is left out or applied to another loss."""
    plain, weighed = net_with(), net_with(loss={"weight": weight})
    model = plain.model(0)
    values = {"loss": torch.tensor(2.0), "classes": torch.tensor(5.0)}
    (objective,) = objectives(weighed.plan.losses)
    assert float(objective.total(values)) == 2.0 * weight + 5.0
    events = list(train(weighed, FAST, model=model))
    assert isinstance(events[-1], Finished)
    assert len(only(events, BatchDone)) == 12
