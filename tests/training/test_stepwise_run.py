"""Somebody steps through a training whose losses train in turn, one optimizer's step at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.core.graph.model import Project
from app.training.control import Control
from app.training.events import BatchDone, Cancelled, Changed, Finished, PartDone, Probed
from app.training.loop import train
from app.training.training_view import TrainingView
from tests.support.gan import gan, in_turns
from tests.training.nets import compiled, digits_net, same_weights

FEW = {"epochs": 1, "batch_size": 300, "schedule": "one-cycle", "average": 0.9}


def weights_of(view: TrainingView) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in view.model.state_dict().items()}


def stepped(project: Project, presses: int, model: Any, folder: Path | None = None) -> tuple[list[Any], list[Any]]:
    """What is told while somebody presses the key for a single step so often and then lets the training go on, and the
    weights after each press."""
    net, control = compiled(project), Control()
    control.step()
    left, told, seen = presses - 1, [], []
    for event in train(net, replace(project.recipe, **FEW), model=model, control=control, out=folder):
        told.append(event)
        if isinstance(event, (PartDone, BatchDone)) and control.paused:
            control.ask(weights_of)
        elif isinstance(event, Probed):
            seen.append(event.picture)
            if left:
                left -= 1
                control.step()
            elif folder is not None:
                control.stop()
            else:
                control.resume()
    return told, seen


@pytest.mark.parametrize(
    ("project", "turn"), [(gan(), ["judge", "generator"]), (in_turns(3, 1), ["judge"] * 3 + ["generator"])]
)
def test_each_press_is_one_step_of_one_side(project: Project, turn: list[str]) -> None:
    """Fails if a press takes more than one step, another side's weights move, or who steps ends with other bits."""
    net = compiled(project)
    whole, one = net.model(0), net.model(0)
    assert isinstance(list(train(net, replace(project.recipe, **FEW), model=whole))[-1], Finished)
    told, seen = stepped(project, 2 * len(turn), one)
    assert isinstance(told[-1], Finished)
    assert same_weights(whole, one), "the same bits as without a rest"
    steps = [event for event in told if isinstance(event, (PartDone, BatchDone))][: 2 * len(turn)]
    names = [event.name if isinstance(event, PartDone) else "" for event in steps]
    assert names == [*turn[:-1], "", *turn[:-1], ""], "the last step of a turn is told as the batch"
    assert [(e.step, e.steps) for e in steps if isinstance(e, PartDone)][:1] == [(1, len(turn))]
    before = {name: value.clone() for name, value in net.model(0).state_dict().items()}
    for now, side in zip(seen, turn + turn):
        moved = {name.partition(".")[0] for name, value in now.items() if not torch.equal(value, before[name])}
        assert moved == {side}
        before = now


def test_a_net_with_one_loss_steps_as_before() -> None:
    """Fails if a press no longer takes the whole step where one optimizer trains everything."""
    project = digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}))
    told, _ = stepped(project, 2, compiled(project).model(0))
    assert not [event for event in told if isinstance(event, PartDone)]


def test_a_stop_in_the_middle_of_a_turn_loses_nothing(tmp_path: Path) -> None:
    """Fails if half a turn stands in the folder, so that the judge would learn from the same samples twice."""
    project = in_turns(3, 1)
    net, recipe = compiled(project), replace(project.recipe, **FEW)
    whole, one = net.model(0), net.model(0)
    list(train(net, recipe, model=whole))
    told, _ = stepped(project, 2, net.model(0), tmp_path)
    assert isinstance(told[-1], Cancelled)
    assert isinstance(list(train(net, recipe, resume=tmp_path, model=one))[-1], Finished)
    assert same_weights(whole, one)


def test_a_change_in_the_middle_begins_the_turn_anew() -> None:
    """Fails if a learning rate that is set between two steps of a turn comes out otherwise than before it."""
    project = in_turns(2, 1)
    net, recipe = compiled(project), replace(project.recipe, **{**FEW, "schedule": "constant"})
    models = []
    for middle in (False, True):
        model, control = net.model(0), Control()
        control.step() if middle else control.set_lr(0.01)
        for event in train(net, recipe, model=model, control=control):
            if middle and isinstance(event, PartDone) and event.step == 2:
                control.set_lr(0.01)
            if middle and isinstance(event, PartDone) and event.step == 1:
                control.step()
            if middle and isinstance(event, Changed):
                control.resume()
        models.append(model)
    assert same_weights(*models)
