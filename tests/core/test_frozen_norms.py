"""Frozen norms work in evaluation mode: what was loaded stays, statistics too, wherever the printed file runs."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.core.compile.net import compile_net
from app.core.graph.model import Block, Graph, Project
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.core.weights.freezing import freeze
from app.training.events import Finished
from app.training.loop import train
from tests.support.drawings import chain, node

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def steps(model: nn.Module, images: list[Tensor], lr: float = 0.1) -> None:
    """A few steps of plain SGD on whatever is trained."""
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=lr)
    for batch in images:
        optimizer.zero_grad()
        model(batch).square().mean().backward()
        optimizer.step()


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def changed(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {name for name, value in before.items() if not torch.equal(value, after[name])}


def test_resnet_keeps_all_its_statistics_and_trains_like_plain_torch() -> None:
    """Fails if a frozen norm follows the new data, if it calculates with the batch, or the new layer learns otherwise
    than in torch, where the norms were set to evaluation by hand."""
    project = load("resnet18")
    free = compile_net(project).model(seed=1)
    names = [name for name in free.state_dict() if not name.startswith("fc.")]
    done = freeze(project, free.state_dict(), names)
    mine, plain = compile_net(done.project).model(seed=1), copy.deepcopy(free)
    images = [torch.randn(2, 3, 64, 64) * 3 + 1 for _ in range(2)]
    for name, weight in plain.named_parameters():
        weight.requires_grad_(name.startswith("fc."))
    plain.train()
    for module in plain.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    before = state(mine)
    kept = [name for name in before if name.endswith(STATISTICS[:2])]
    assert len(kept) == 40
    mine.train()
    steps(mine, images)
    steps(plain, images)
    assert changed(before, state(mine)) == {"fc.weight", "fc.bias"}
    torch.testing.assert_close(state(mine), state(plain), rtol=0, atol=0)
    free.train()
    steps(free, images)
    assert changed(before, state(free)) >= set(kept), "the test looks at statistics that training changes"


def inside(frozen: bool) -> Graph:
    """A convolution and a norm as a block."""
    nodes = [node("inp", "In"), node("conv", "Conv2d", out_channels=4, kernel_size=1)]
    nodes += [node("norm", "BatchNorm2d", frozen=frozen), node("out", "Out")]
    return Graph.of(nodes, chain("inp", "conv", "norm", "out"))


def everywhere() -> Project:
    """Frozen norms in a repeated block, in a row, and with shared weights; one that is free."""
    nodes = [
        node("x", "Input", shape=(4, 5, 5)),
        replace(node("unit", "block:unit"), repeat=2),
        replace(node("row", "BatchNorm2d", frozen=True), repeat=3),
        node("owner", "BatchNorm2d", frozen=True, affine=False),
        replace(node("user", "BatchNorm2d", frozen=True, affine=False), shares="owner"),
        node("free", "BatchNorm2d"),
        node("out", "Output"),
    ]
    wires = [*chain("x", "unit.inp"), *chain("unit.out", "row", "owner", "user", "free", "out")]
    return Project("Frozen", graph=Graph.of(nodes, wires), blocks={"unit": Block(inside(True))})


@pytest.mark.parametrize("told", [False, True], ids=["as it is made", "after train()"])
def test_frozen_norms_stay_in_blocks_repetitions_and_shared_layers(told: bool) -> None:
    """Fails if the printed file, run by itself, moves the statistics of a frozen norm, or keeps those of a free one."""
    names: dict[str, Any] = {}
    exec(compile_net(everywhere()).source.text, names)
    model = names["Frozen"]()
    if told:
        model.eval()
        assert model.train() is model
    before = state(model)
    steps(model, [torch.randn(8, 4, 5, 5) + 2])
    moved = {name for name in changed(before, state(model)) if name.endswith(STATISTICS)}
    assert moved == {f"free.{name}" for name in STATISTICS}
    assert model.free.training
    assert not any(module.training for name, module in model.named_modules() if "norm" in name or "owner" in name)


def test_looking_inside_leaves_frozen_norms_as_they_were() -> None:
    """Fails if a frozen norm starts to follow the data after a look at the model, or a free one stops."""
    net = compile_net(everywhere())
    model = net.model(seed=0).train()
    modes = {name: module.training for name, module in model.named_modules()}
    with evaluating(model, gradients=True):
        assert not any(module.training for module in model.modules())
    net.capture(model, [torch.randn(2, 4, 5, 5)])
    assert {name: module.training for name, module in model.named_modules()} == modes


def test_training_keeps_the_statistics_of_a_frozen_norm() -> None:
    """Fails if Netloom's own loop moves what was loaded, in a block or outside."""
    nodes = [
        node("digits", "Digits"),
        node("conv", "Conv2d", out_channels=4),
        node("norm", "BatchNorm2d", frozen=True),
        node("unit", "block:unit"),
        node("flat", "Flatten"),
        node("fc", "Linear", out_features=10),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [
        *chain("digits.image", "conv", "norm", "unit.inp"),
        *chain("unit.out", "flat", "fc", "loss.prediction"),
        *chain("digits.label", "loss.target"),
    ]
    project = Project("Small", graph=Graph.of(nodes, wires), blocks={"unit": Block(inside(True))})
    net = compile_net(project)
    model = net.model(seed=0)
    before = state(model)
    events = list(train(net, Recipe(epochs=1, device="cpu", seed=0), model=model))
    assert isinstance(events[-1], Finished)
    moved = changed(before, state(model))
    assert not {name for name in moved if "norm" in name}
    assert {"conv.weight", "unit.conv.weight", "fc.weight"} <= moved


def test_a_norm_is_frozen_only_with_its_statistics() -> None:
    """Fails if a norm whose mean and variance did not come along is frozen, so that it would calculate with 0 and 1
    for good; or if one without scale and offset, which has nothing else to keep, stays free."""
    nodes = [node("x", "Input", shape=(4, 5, 5)), node("a", "BatchNorm2d"), node("b", "BatchNorm2d", affine=False)]
    project = Project("Norms", graph=Graph.of([*nodes, node("out", "Output")], chain("x", "a", "b", "out")))
    names = list(compile_net(project).model().state_dict())
    done = freeze(project, names, [name for name in names if name not in STATISTICS])
    assert done.layers == (("", "a"), ("", "b"))
    partly = freeze(project, names, ["a.weight", "a.bias", "a.running_mean", "b.running_mean", "b.running_var"])
    assert partly.layers == (("", "b"),)
    assert partly.kept_free == (("", "a"),)


def test_a_free_net_is_printed_as_before() -> None:
    """Fails if nets without frozen norms get a method that they do not need."""
    text = compile_net(load("resnet18")).source.text
    assert "def train" not in text
    assert ".eval()" not in text
