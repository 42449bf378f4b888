"""Frozen layers keep what they have, in the program and in the printed file alike."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import MAIN, Graph, Project
from app.core.storage.templates import load
from app.core.weights.freezing import freeze
from tests.support.drawings import chain, node


def frozen_resnet() -> Project:
    project = load("resnet18")
    names = list(compile_net(project).model().state_dict())
    return freeze(project, names, set(names)).project


def test_no_statistic_of_a_frozen_resnet_changes() -> None:
    """Fails if a batch norm inside a block, or outside, goes on measuring although it is frozen."""
    net = compile_net(frozen_resnet())
    model = net.model(0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    images = torch.randn(2, 3, 64, 64) * 3 + 1
    model.train()
    trained = model(images)
    assert not any(parameter.requires_grad for parameter in model.parameters())
    model.eval()
    torch.testing.assert_close(trained, model(images), rtol=0, atol=0)
    model.train()  # once more: evaluation in between must not be what kept them
    model(images)
    statistics = [name for name in before if "running" in name]
    assert len(statistics) == 40
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def norms(frozen: bool, repeat: int = 1) -> Project:
    graph = Graph.of(
        [
            node("x", "Input", shape=(3, 6, 6)),
            replace(node("norm", "BatchNorm2d", frozen=frozen), repeat=repeat),
            node("conv", "Conv2d", out_channels=4),
            node("free", "BatchNorm2d"),
            node("out", "Output"),
        ],
        chain("x", "norm", "conv", "free", "out"),
    )
    return Project(graph=graph)


def test_a_frozen_norm_computes_as_torch_does_in_evaluation() -> None:
    """Fails if the frozen one normalizes by the batch, or the free one behind it no longer measures."""
    net = compile_net(norms(True))
    model = net.model(0)
    with torch.no_grad():
        model.norm.running_mean.fill_(0.5)
        model.norm.running_var.fill_(4.0)
    conv, free = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
    conv.load_state_dict(model.conv.state_dict())
    x = torch.randn(5, 3, 6, 6)
    by_hand = free(conv((x - 0.5) / (4.0 + 1e-5) ** 0.5))
    torch.testing.assert_close(model(x), by_hand)  # as it is made, before anybody chose a mode
    model.train()
    assert model.free.training
    assert not model.norm.training
    model(x)
    assert model.norm.running_mean.tolist() == [0.5] * 3
    assert int(model.norm.num_batches_tracked) == 0
    assert int(model.free.num_batches_tracked) == 2


def test_repeated_norms_are_frozen_one_and_all() -> None:
    """Fails if only the first of a chain of equal norms stays as it is."""
    model = compile_net(norms(True, repeat=3)).model(0).train()
    assert [layer.training for layer in model.norm] == [False] * 3
    model(torch.randn(4, 3, 6, 6))
    assert [int(layer.num_batches_tracked) for layer in model.norm] == [0] * 3


def test_the_code_of_norms_that_learn_has_no_train_of_its_own() -> None:
    """Fails if every student with a batch norm has to read a method about frozen ones."""
    assert "def train" not in compile_net(norms(False)).source.text
    assert "def train" in compile_net(norms(True)).source.text


def test_a_norm_without_its_statistics_is_not_frozen() -> None:
    """Fails if a file without mean and variance freezes a norm at those it was made with."""
    project = norms(False)
    names = [name for name in compile_net(project).model().state_dict() if not name.endswith("tracked")]
    without = {name for name in names if not name.startswith("norm.running")}
    found = freeze(project, names, without)
    assert (MAIN, "norm") in found.kept_free
    assert (MAIN, "free") in found.layers
