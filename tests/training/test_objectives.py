"""Losses that train only some nodes, and losses with weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.optim import SGD

from app.core.compile.net import CompiledNet
from app.core.compile.objectives import Objective, objectives
from app.core.graph.model import Graph, Project
from app.training import batches, checkpoints
from app.training.events import BatchDone, Failed, Finished
from app.training.loop import train
from tests.support.drawings import chain, node
from tests.training.nets import FAST, compiled, copy_of, only, same_weights, two_heads


def net_with(**settings: dict[str, Any]) -> CompiledNet:
    """Two heads on one trunk, whose losses have these settings."""
    project = two_heads()
    nodes = [
        replace(each, params={**each.params, **settings.get(name, {})}) for name, each in project.graph.nodes.items()
    ]
    return compiled(replace(project, graph=Graph.of(nodes, project.graph.wires)))


def adversaries(bypassed: tuple[str, ...] = (), frozen: str = "") -> Project:
    """``maker`` draws a digit over, ``judge`` tells drawn from real, each trained against the other."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("real", "Flatten"),
            node("maker", "Linear", out_features=64, frozen=frozen == "maker"),
            node("drawn", "Sigmoid"),
            node("judge", "Linear", out_features=1),
            replace(node("again", "Linear", out_features=1), shares="judge"),
            node("yes", "Constant", value=1.0),
            node("no", "Constant", value=0.0),
            node("judge_real", "BCEWithLogitsLoss", updates=("judge",)),
            node("judge_drawn", "BCEWithLogitsLoss", updates=("again",), weight=0.5),
            node("fool", "BCEWithLogitsLoss", updates=("maker",)),
        ],
        [
            *chain("digits.image", "real", "maker", "drawn", "again"),
            *chain("real", "judge", "judge_real.prediction"),
            *chain("yes", "judge_real.target"),
            *chain("again", "judge_drawn.prediction"),
            *chain("no", "judge_drawn.target"),
            *chain("again", "fool.prediction"),
            *chain("yes", "fool.target"),
        ],
    )
    nodes = [replace(each, bypassed=name in bypassed) for name, each in graph.nodes.items()]
    return Project("Adversaries", graph=Graph.of(nodes, graph.wires))


def test_by_default_all_losses_train_everything_together() -> None:
    """Fails if two ordinary losses are served one after the other."""
    assert objectives(compiled(two_heads()).plan) == (Objective(("loss", "classes")),)


def test_losses_that_train_other_nodes_are_served_in_turn() -> None:
    """Fails if losses with different goals are added up."""
    net = net_with(loss={"updates": ("back",), "weight": 0.5}, classes={"updates": ("scores", "code")})
    assert objectives(net.plan) == (Objective(("loss",), ("back",)), Objective(("classes",), ("code", "scores")))


def test_a_node_that_shares_weights_stands_for_their_owner() -> None:
    """Fails if a discriminator that is used twice cannot be trained through its second place."""
    net = compiled(adversaries())
    assert objectives(net.plan) == (
        Objective(("judge_real", "judge_drawn"), ("judge",)),
        Objective(("fool",), ("maker",)),
    )


def test_a_loss_changes_only_what_it_trains(tmp_path: Path) -> None:
    """Fails if gradients of one objective reach weights that belong to another."""
    net = net_with(loss={"updates": ("back",)}, classes={"updates": ("scores",)})
    model = net.model(0)
    before = copy_of(model)
    list(train(net, FAST, model=model))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"back.weight", "back.bias", "scores.weight", "scores.bias"}


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(
    ("bypassed", "trained"), [(("fool",), "judge"), (("judge_real", "judge_drawn"), "maker")], ids=["judge", "maker"]
)
def test_a_side_that_is_not_trained_stays_as_it_was(optimizer: str, bypassed: tuple[str, ...], trained: str) -> None:
    """Fails if one bit of the other side changes, by its gradient, weight decay or an optimizer's moments."""
    net = compiled(adversaries(bypassed))
    model = net.model(0)
    before = copy_of(model)
    list(train(net, FAST.with_settings(optimizer=optimizer, weight_decay=0.1), model=model))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {f"{trained}.weight", f"{trained}.bias"}


def test_adversaries_train_as_by_hand() -> None:
    """Fails if the two sides see old values of each other, or a loss counts with another weight than its own."""
    net, recipe = compiled(adversaries()), replace(FAST, epochs=1)
    model, by_hand = net.model(0), net.model(0)
    assert isinstance(list(train(net, recipe, model=model))[-1], Finished)

    data = batches.load(net.plan)
    images = data["digits.image"]
    learn, _, _ = batches.divide(net.plan, data, recipe.validation, recipe.seed)
    order = learn[torch.randperm(len(learn), generator=torch.Generator().manual_seed(recipe.seed * 1_000_003))]
    maker, judge = by_hand.maker, by_hand.judge
    for_judge, for_maker = (SGD(part.parameters(), recipe.lr, recipe.value("momentum")) for part in (judge, maker))
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    for piece in batches.cut(order, recipe.batch_size):
        real = images[piece].flatten(1)
        yes, no = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        for_judge.zero_grad()
        (bce(judge(real), yes) + 0.5 * bce(judge(maker(real).sigmoid().detach()), no)).backward()
        for_judge.step()
        for_maker.zero_grad()
        bce(judge(maker(real).sigmoid()), yes).backward()
        for_maker.step()
    for name, value in by_hand.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value)


def test_a_loss_that_can_train_nothing_is_refused() -> None:
    """Fails if a loss that should train frozen layers alone is told to add a layer."""
    (failed,) = train(compiled(adversaries(frozen="maker")), FAST)
    assert isinstance(failed, Failed)
    assert failed.node == "fool"
    assert "should train maker alone" in failed.sentence


def test_a_run_with_two_optimizers_continues_exactly(tmp_path: Path) -> None:
    """Fails if the moments of the second optimizer are lost, or exchanged with those of the first."""
    net = net_with(loss={"updates": ("back",)}, classes={"updates": ("code", "scores")})
    recipe = replace(FAST, optimizer="Adam", lr=0.01)
    whole, continued = net.model(0), net.model(0)
    list(train(net, recipe, model=whole))
    running = train(net, recipe, out=tmp_path)
    for event in running:
        if isinstance(event, BatchDone) and event.batch == 4:
            break
    running.close()  # type: ignore[attr-defined]
    assert isinstance(list(train(net, recipe, model=continued, resume=tmp_path))[-1], Finished)
    assert same_weights(continued, whole)
    assert checkpoints.load_run(tmp_path).epoch == recipe.epochs


@pytest.mark.parametrize("weight", [0.0, 3.0])
def test_weights_of_losses(weight: float) -> None:
    """Fails if a weight is left out, applied twice or applied to another loss."""
    plain, weighed = net_with(), net_with(loss={"weight": weight})
    model = plain.model(0)
    inputs = {"digits.image": torch.rand(4, 1, 8, 8), "digits.label": torch.tensor([1, 2, 3, 4])}
    each, total = [], []
    for net in (plain, weighed):
        values = net.loss_values(net.losses(), model(*net.inputs_from(inputs)), inputs)
        each.append(values)
        total.append(sum(values.values()))
    torch.testing.assert_close(total[1], weight * each[0]["loss"] + each[0]["classes"])
    events = list(train(weighed, FAST, model=model))
    assert isinstance(events[-1], Finished)
    assert len(only(events, BatchDone)) == 12
