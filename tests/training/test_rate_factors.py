"""Layers that learn faster or slower than the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Block, Graph, Project, Wire
from app.training import batches
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.drawing_edits import DrawingEdit
from app.training.events import BatchDone, Changed, EpochDone, Finished
from app.training.loop import train
from nodes.api import declared
from tests.support.drawings import chain, node
from tests.training.nets import FAST, compiled, digits_net, only, same_weights

SHORT = replace(FAST, epochs=2, batch_size=300, lr=0.01)


def net_with(**factors: float) -> Project:
    """Two layers, each with its factor."""
    return digits_net(
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 16, "lr_factor": factors.get("fc1", 1.0)}),
        ("tanh1", "Tanh"),
        ("fc2", "Linear", {"out_features": 10, "lr_factor": factors.get("fc2", 1.0)}),
    )


def trained(project: Project, recipe: Any, **how: Any) -> tuple[nn.Module, list[Any]]:
    net = compiled(replace(project, recipe=recipe))
    model = net.model(0)
    told = list(train(net, recipe, model=model, **how))
    assert isinstance(told[-1], Finished), told[-1]
    return model, told


def schedule_by_hand(name: str, optimizer: torch.optim.Optimizer, batches: int) -> Any:
    kinds = torch.optim.lr_scheduler
    if name == "one-cycle":
        top = [group["lr"] for group in optimizer.param_groups]
        return kinds.OneCycleLR(optimizer, top, 2 * batches, cycle_momentum=False)
    if name == "cyclic":
        top = [group["lr"] for group in optimizer.param_groups]
        least = [lr / 10 for lr in top]
        return kinds.CyclicLR(optimizer, least, top, step_size_up=4 * batches, cycle_momentum=False)
    return kinds.CosineAnnealingLR(optimizer, 2) if name == "cosine" else None


@pytest.mark.parametrize("schedule", ["constant", "one-cycle", "cyclic", "cosine"])
@pytest.mark.parametrize("kind", ["SGD", "Adam", "RMSprop"])
def test_the_steps_are_those_of_torch_with_groups(kind: str, schedule: str) -> None:
    """Fails if a factor is lost on the way, above all by a schedule that gives every group one rate."""
    recipe = SHORT.with_settings(optimizer=kind, schedule=schedule)
    if kind == "SGD":
        recipe = recipe.with_settings(momentum=0.9)
    project = net_with(fc1=0.1, fc2=5.0)
    model, told = trained(project, recipe)
    net = compiled(replace(project, recipe=recipe))
    by_hand = net.model(0)
    groups = [
        {"params": by_hand.fc1.parameters(), "lr": 0.01 * 0.1},  # type: ignore[union-attr, operator]
        {"params": by_hand.fc2.parameters(), "lr": 0.01 * 5.0},  # type: ignore[union-attr, operator]
    ]
    more: dict[str, Any] = {"momentum": 0.9} if kind == "SGD" else {}
    optimizer = getattr(torch.optim, kind)(groups, lr=0.01, **more)
    data = batches.load(net.plan)
    learn = batches.divide(net.plan, data, recipe.validation, 0).training
    samples = batches.DeviceData(data, torch.device("cpu"))
    count = len(batches.cut(learn, 300))
    schedules = schedule_by_hand(schedule, optimizer, count)
    for epoch in range(2):
        order = learn[torch.randperm(len(learn), generator=torch.Generator().manual_seed(epoch))]
        for piece in batches.cut(order, 300):
            batch = samples.at(piece)
            optimizer.zero_grad()
            nn.functional.cross_entropy(by_hand(batch["digits.image"]), batch["digits.label"]).backward()
            optimizer.step()
            if schedule in ("one-cycle", "cyclic"):
                schedules.step()
        if schedule == "cosine":
            schedules.step()
    for (name, one), other in zip(model.state_dict().items(), by_hand.state_dict().values()):
        assert torch.allclose(one, other, rtol=1e-5, atol=1e-6), name
    del told


@pytest.mark.parametrize("kind", list(declared.optimizers()))
def test_every_optimizer_takes_factors_and_goes_on_exactly(kind: str, tmp_path: Path) -> None:
    """Fails if an optimizer refuses groups, or forgets at a stop to which group a moment belongs."""
    recipe = SHORT.with_settings(optimizer=kind, schedule="cosine", warmup=1, clip_norm=1.0)
    project = net_with(fc2=10.0)
    whole, _ = trained(project, recipe)
    control, count = Control(), 0
    net = compiled(replace(project, recipe=recipe))
    for event in train(net, recipe, out=tmp_path, control=control):
        if isinstance(event, BatchDone):
            count += 1
            if count == 7:
                control.stop()
    continued, _ = trained(project, recipe, resume=tmp_path)
    assert same_weights(whole, continued)


def test_the_rate_that_is_told_and_set_is_that_of_the_rest(tmp_path: Path) -> None:
    """Fails if the rate of the slow layer is told as that of the training, or a changed rate makes all alike."""
    project = net_with(fc1=0.1)
    net, control, told, rates = compiled(replace(project, recipe=SHORT)), Control(), [], []
    for event in train(net, SHORT, out=tmp_path, control=control):
        told.append(event)
        if isinstance(event, BatchDone) and event.epoch == 1 and event.batch == 2:
            control.set_lr(0.03)
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    rates = [group["lr"] for group in state["optimizers"][0]["param_groups"]]
    assert rates == pytest.approx([0.003, 0.03])
    assert [done.lr for done in only(told, EpochDone)] == [0.03, 0.03]
    assert only(told, Changed)[0].before == 0.01


def test_a_factor_that_is_changed_on_the_way_counts_from_there(tmp_path: Path) -> None:
    """Fails if a layer goes on at the rate that it had, or loses its moments with the change."""
    net, control, count = compiled(replace(net_with(), recipe=SHORT)), Control(), 0
    for event in train(net, SHORT, out=tmp_path, control=control):
        if isinstance(event, BatchDone):
            count += 1
            if count == 3:
                control.edit(DrawingEdit(replace(net_with(fc2=10.0), recipe=SHORT)))
    state = torch.load(tmp_path / "state.pt", weights_only=True)["optimizers"][0]
    assert [group["lr"] for group in state["param_groups"]] == pytest.approx([0.01, 0.1])
    assert len(state["state"]) == 4


def test_layers_of_repeated_blocks_and_of_one_objective(tmp_path: Path) -> None:
    """Fails if a factor inside of a block is lost, or one of the copies is left out."""
    inside = Graph.of(
        [node("x", "In"), node("b", "Linear", out_features=64, lr_factor=0.5), node("y", "Out")], chain("x", "b", "y")
    )
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten", "Flatten"),
            replace(node("layers", "block:B"), repeat=2),
            node("fc", "Linear", out_features=10),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain(
                "digits.image",
                "flatten",
                "layers.x",
            ),
            Wire("layers", "y", "fc", "x"),
            *chain("fc", "loss.prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    project = Project(graph=graph, blocks={"B": Block(inside)}, recipe=SHORT)
    net = compile_net(project)
    assert "{'layers.0.b': 0.5, 'layers.1.b': 0.5}" in net.source.text.replace('"', "'")
    groups = net.functions["make_optimizers"](net.model(0))["loss"].param_groups
    assert [(group["lr"], len(group["params"])) for group in groups] == [(0.005, 4), (0.01, 2)]
    assert isinstance(list(train(net, SHORT, out=tmp_path))[-1], Finished)
    assert load_run(tmp_path).epoch == 2


def test_without_factors_nothing_else_is_printed() -> None:
    """Fails if drawings of before are printed in another way, or a frozen layer makes a group."""
    assert "RateGroups" not in compiled(net_with()).source.text
    frozen = net_with(fc1=0.1)
    layer = frozen.graph.nodes["fc1"].with_param("frozen", True)
    frozen = frozen.with_graph("", frozen.graph.with_nodes(layer))
    assert "RateGroups" not in compiled(frozen).source.text
