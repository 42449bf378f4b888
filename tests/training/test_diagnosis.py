"""Findings: there in clear cases, with the right layer and remedy, and absent in healthy runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.checks.problems import FixElsewhere, SetOwnRate, SetTraining
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.storage import templates
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.diagnosis import Diagnosis, relu_paths
from app.training.events import BatchDone, Diagnosed, Failed
from app.training.loop import train
from nodes.api import InsertBefore, UseInstead
from tests.support.brief import steps_within
from tests.support.drawings import block_net
from tests.support.epochs import epoch_done
from tests.training.nets import FAST, autoencoder, compiled, digits_net, moody_net, only

DEEP = digits_net(
    ("flatten", "Flatten"),
    ("fc1", "Linear", {"out_features": 32}),
    ("relu1", "ReLU"),
    ("fc2", "Linear", {"out_features": 10}),
)
Numbers = tuple[float, float | None, float | None, float | None]


def findings(
    numbers: Sequence[Numbers], first: float = 2.3, recipe: Recipe = FAST, project: Project | None = None
) -> list[Diagnosed]:
    """What the doctor says about a course of (train loss, validation loss, train accuracy, validation accuracy)."""
    doctor = Diagnosis(compiled(project).plan, recipe, batches=45)
    doctor.first_loss(first)
    found: list[Diagnosed] = []
    for index, (train_loss, val_loss, seen, unseen) in enumerate(numbers, start=1):
        done = epoch_done(
            index,
            50,
            train_loss=train_loss,
            train_accuracy=seen,
            val_loss=val_loss,
            val_accuracy=unseen,
            lr=recipe.lr,
        )
        found.extend(doctor.after_epoch(done, lambda nodes: {}))
    return found


def losses(*values: float) -> list[Numbers]:
    return [(value, None, None, None) for value in values]


def codes(found: Iterable[Diagnosed]) -> list[str]:
    return [each.code for each in found]


def test_a_loss_that_explodes_ends_the_run(tmp_path: Path) -> None:
    """Fails if a run goes on with weights that are no numbers, keeps them, or does not name the learning rate."""
    control, recipe = Control(), replace(FAST, lr=0.01, epochs=3).with_settings(momentum=0.9)
    events = []
    for event in train(compiled(autoencoder()), recipe, out=tmp_path, control=control):
        events.append(event)
        if isinstance(event, BatchDone) and (event.epoch, event.batch) == (2, 1):
            control.set_lr(9.0)
    finding, failed = only(events, Diagnosed)[-1], events[-1]
    assert finding.code == "nan"
    assert finding.node == "loss"
    assert "learning rate 9 is too high. Train again with 0.9" in finding.sentence
    assert finding.fixes == (SetTraining("lr", 0.9),)
    assert failed == Failed("loss", finding.sentence, finding.fixes)
    kept = load_run(tmp_path)
    assert kept.epoch == 1
    assert all(bool(values.isfinite().all()) for values in kept.model.state_dict().values())


def test_weights_that_somebody_spoils_are_not_blamed_on_the_learning_rate(tmp_path: Path) -> None:
    """Fails if the rate is named although neither loss nor weights had grown before."""
    net, recipe = compiled(), replace(FAST, lr=0.01, epochs=3)
    model = net.model(0)
    events = []
    for event in train(net, recipe, out=tmp_path, model=model):
        events.append(event)
        if isinstance(event, BatchDone) and (event.epoch, event.batch) == (2, 2):
            model.get_parameter("fc1.weight").data.fill_(float("inf"))
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert failed.node == "fc1"
    assert "hardly to blame" in failed.sentence


def test_a_loss_that_stays_at_nothing_does_not_grow() -> None:
    """Fails if a loss of 0 that stays 0 is said to grow, with a learning rate as the cure."""
    assert "grows" not in " ".join(each.sentence for each in findings(losses(0.0, 0.0, 0.0), first=0.0))


def test_a_stop_right_after_the_explosion_keeps_the_last_good_weights(tmp_path: Path) -> None:
    """Fails if closing the window over a ruined net overwrites the good one on disk."""
    net = compiled()
    model = net.model(0)
    running = train(net, FAST, out=tmp_path, model=model)
    for event in running:
        if isinstance(event, BatchDone) and event.batch == 3:
            model.get_parameter("fc1.weight").data.fill_(float("nan"))
            break
    running.close()  # type: ignore[attr-defined]
    assert all(bool(values.isfinite().all()) for values in load_run(tmp_path).model.state_dict().values())


def test_not_a_number_from_the_start_is_not_blamed_on_the_learning_rate() -> None:
    """Fails if a student is sent to the learning rate for something that was wrong before the first step."""
    net = compiled()
    model = net.model(0)
    model.get_parameter("fc1.weight").data.fill_(float("nan"))
    finding = only(train(net, FAST, model=model), Diagnosed)[-1]
    assert finding.code == "nan"
    assert "not to blame" in finding.sentence


def test_dead_relus_are_named() -> None:
    """Fails if a layer that gives only zeros is not found, or if another layer is blamed."""
    net = compiled(DEEP)
    model = net.model(0)
    model.get_parameter("fc1.bias").data.fill_(-100.0)
    found = only(train(net, replace(FAST, epochs=6), model=model), Diagnosed)
    assert codes(found) == ["dead"]
    assert found[0].node == "relu1"
    assert "LeakyReLU" in found[0].sentence
    assert found[0].fixes == (SetTraining("lr", 0.01), UseInstead("LeakyReLU"))
    assert "such as 0.01" in found[0].sentence


def test_dead_relus_are_not_blamed_on_a_low_rate() -> None:
    """Fails if a learning rate that moves nearly nothing is said to have driven a layer there."""
    net = compiled(DEEP)
    model = net.model(0)
    model.get_parameter("fc1.bias").data.fill_(-100.0)
    found = only(train(net, replace(FAST, epochs=2, lr=1e-6), model=model), Diagnosed)
    assert codes(found) == ["dead"]
    assert "learning rate" not in found[0].sentence
    assert found[0].fixes == (UseInstead("LeakyReLU"),)


def test_relus_inside_blocks_are_looked_at() -> None:
    """Fails if a dead layer inside a block is overlooked, or asked for under a name that capture does not know."""
    net = compiled(block_net())
    paths = list(relu_paths(net.plan.graph))
    assert paths[0] == "first/relu"
    found = net.capture(net.model(0), (torch.rand(2, 3, 12, 12),), paths)
    assert found.keys() == set(paths)


def test_a_learning_rate_that_is_far_too_low_is_told() -> None:
    """Fails if a run that learns nothing passes without a word, or gets the wrong advice."""
    recipe = replace(FAST, lr=1e-7, epochs=12)
    found = only(train(compiled(DEEP), recipe), Diagnosed)
    assert codes(found) == ["no_progress"]
    assert "too low: try 0.01" in found[0].sentence
    assert found[0].fixes == (SetTraining("lr", 0.01),)


def test_a_loss_that_stands_still_at_a_high_learning_rate() -> None:
    """Fails if the advice points the wrong way."""
    found = findings(losses(2.31, 2.30, 2.32, 2.31), recipe=replace(FAST, lr=5.0))
    assert codes(found) == ["no_progress"]
    assert "too high: try 0.5" in found[0].sentence
    assert found[0].fixes == (SetTraining("lr", 0.5),)


def test_a_loss_that_grows() -> None:
    """Fails if a run that diverges without reaching infinity is not stopped by anybody."""
    found = findings(losses(9.0, 40.0, 160.0))
    assert codes(found) == ["lr_high"]
    assert found[0].node == "loss"
    assert found[0].fixes == (SetTraining("lr", 0.01),)


@pytest.mark.parametrize(
    ("own", "lr", "course", "words", "fix"),
    [
        ({"lr": 0.1}, 0.1, (9.0, 40.0, 160.0), "The own learning rate 0.1 of loss is too high", 0.01),
        ({"lr": 0.2}, 0.2, (0.3, 0.2, 2.4, 2.4), "The own learning rate 0.2 of loss is too high", 0.05),
        ({"lr": 0.1, "optimizer": "Adam"}, 0.1, (2.3,) * 4, "rate 0.1 of loss is probably too high: try 0.01", 0.01),
        ({"lr": 1e-5}, 1e-5, (2.3,) * 4, "rate 1e-05 of loss is probably too low: try 0.01", 0.01),
    ],
)
def test_a_rate_that_a_loss_asks_for_is_judged_and_changed(
    own: dict[str, Any], lr: float, course: tuple[float, ...], words: str, fix: float
) -> None:
    """Fails if a loss's own rate is judged by the optimizer of the recipe, or that of the recipe changed."""
    project = moody_net()
    loss = project.graph.nodes["loss"]
    project = replace(project, graph=project.graph.with_nodes(replace(loss, params={**loss.params, **own})))
    found = findings(losses(*course), recipe=replace(FAST, lr=lr), project=project)
    assert words in found[0].sentence
    assert found[0].fixes == (SetOwnRate(("loss",), fix),)


def test_a_loss_that_jumped_at_the_start_and_falls_is_left_alone() -> None:
    """Fails if a bad first epoch is called a divergence."""
    assert findings(losses(30.0, 12.0, 6.0, 2.0, 1.0)) == []


def test_a_network_that_has_forgotten() -> None:
    """Fails if a net that learned and then collapsed to guessing is called healthy."""
    found = findings(losses(0.9, 0.2, 0.1, 2.31, 2.30))
    assert codes(found) == ["lr_high"]
    assert "0.1 in epoch 3" in found[0].sentence


def test_overfitting() -> None:
    """Fails if a net that learns its data by heart is not told, or is told more than once."""
    course: list[Numbers] = [(1.0, 1.1, 0.6, 0.58), (0.5, 0.8, 0.8, 0.7)]
    course += [(0.3 - 0.02 * n, 1.3 + 0.1 * n, 0.95, 0.7) for n in range(8)]
    found = findings(course)
    assert codes(found) == ["overfitting"]
    assert "Since epoch 2" in found[0].sentence
    assert found[0].fixes == (
        SetTraining("epochs", 2),
        SetTraining("weight_decay", 0.001),
        FixElsewhere("fc1", InsertBefore("Dropout", "x")),
    )
    for words in ("2 epochs", "0.001", "Dropout before fc1"):
        assert words in found[0].sentence


def test_sure_of_itself_is_not_overfitted() -> None:
    """Fails if a net that reads nearly all unseen digits is said to overfit because its loss creeps up."""
    course: list[Numbers] = [(0.1, 0.06, 0.97, 0.98)] + [(0.01, 0.12, 1.0, 0.985)] * 10
    assert findings(course) == []


def test_a_noisy_epoch_is_not_overfitting() -> None:
    """Fails if one bad epoch is enough for a verdict."""
    course: list[Numbers] = [(0.5, 0.5, 0.9, 0.8), (0.4, 0.45, 0.9, 0.8), (0.3, 2.0, 0.9, 0.7), (0.3, 0.5, 0.9, 0.8)]
    assert findings(course * 2) == []


@pytest.mark.parametrize("name", [name for name in templates.names() if name != "lenet_digits"])
def test_healthy_runs_get_no_findings(name: str) -> None:
    """Fails if the doctor talks about runs that are fine: the drawings that ship, as they are."""
    project = templates.load(name)
    left = steps_within(project)
    for event in train(compiled(project), replace(project.recipe, device="cpu")):
        assert not isinstance(event, Diagnosed)
        left -= isinstance(event, BatchDone)
        if not left:
            break


def test_a_continued_run_is_not_compared_with_its_own_middle(tmp_path: Path) -> None:
    """Fails if a run that is continued after it has converged is told that its loss does not fall."""
    net, recipe = compiled(moody_net()), replace(FAST, batch_size=64, lr=0.05, epochs=6)
    list(train(net, recipe, out=tmp_path))
    longer = replace(recipe, epochs=12, lr=1e-7)
    assert "no_progress" not in codes(only(train(net, longer, resume=tmp_path), Diagnosed))


def test_the_doctor_looks_rarely() -> None:
    """Fails if every epoch pays for a look into the layers."""
    looks: list[int] = []

    def look(nodes: Sequence[str]) -> dict[str, Tensor]:
        looks.append(1)
        return {name: torch.ones(1) for name in nodes}

    doctor = Diagnosis(compiled(DEEP).plan, FAST, 45)
    doctor.first_loss(2.3)
    for epoch in range(1, 101):
        list(doctor.after_epoch(epoch_done(epoch, 100, train_loss=1.0 / epoch, lr=0.1), look))
    assert len(looks) == 7  # after epochs 1, 2, 4, 8, 16, 32, 64
