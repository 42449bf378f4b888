"""The quick copy of a net, next to the net itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.insight.explanation import explain
from app.insight.inference_copy import swift
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from tests.support.drawings import chain, node


def with_statistics(model: nn.Module) -> nn.Module:
    """The model with running statistics and weights of norms that are not those of the beginning."""
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 2)
            module.bias.data.normal_()
    return model.eval()


def norms(model: nn.Module) -> int:
    """How many batch norms are left."""
    return sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())


def test_blocks_answer_the_same_without_their_norms() -> None:
    """Fails if a norm is folded into another convolution than the one it reads, or answers change by more than
    rounding."""
    net = compile_net(load("resnet18"))
    model = with_statistics(net.model(seed=0))
    picture = torch.rand(2, *net.plan.inputs[0].shape.sizes)
    quick = swift(net, model, net.plan.outputs[0].node)
    assert norms(quick) < norms(model) / 3
    with torch.no_grad():
        expected, found = model(picture), quick(picture)
    assert torch.allclose(found, expected, atol=1e-4 * float(expected.abs().max()))
    assert norms(model) == 20


def test_a_convolution_that_others_read_stays_as_it_is() -> None:
    """Fails if a shortcut around a norm, or a look at the convolution, gets what only the norm should."""
    nodes = [node("x", "Input", shape=(3, 8, 8)), node("conv", "Conv2d", out_channels=4, kernel_size=3)]
    nodes += [
        node("bn", "BatchNorm2d"),
        node("add", "Add"),
        node("conv2", "Conv2d", out_channels=2),
        node("bn2", "BatchNorm2d"),
    ]
    wires = [
        *chain("x", "conv", "bn"),
        Wire("bn", "output", "add", "xs"),
        Wire("conv", "output", "add", "xs"),
        *chain("add", "conv2", "bn2"),
    ]
    net = compile_net(Project(graph=Graph.of(nodes, wires)))
    model = with_statistics(net.model(seed=0))
    picture = torch.rand(3, 3, 8, 8)
    for asked, left in (("bn2", 1), ("conv2", 2)):
        quick = swift(net, model, asked)
        assert norms(quick) == left
        one, other = (net.capture(each, [picture], [asked])[asked] for each in (model, quick))
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("asked", ["bn", "conv"])
def test_answers_to_many_pictures_are_those_of_the_net(asked: str) -> None:
    """Fails if what explains a colour picture is worked out with other answers than those that are shown."""
    nodes = [
        node("x", "Input", shape=(3, 10, 10)),
        node("conv", "Conv2d", out_channels=4, kernel_size=3),
        node("bn", "BatchNorm2d"),
    ]
    net = compile_net(Project(graph=Graph.of(nodes, chain("x", "conv", "bn"))))
    model = with_statistics(net.model(seed=0))
    pictures = torch.rand(19, 3, 10, 10)
    explained = explain(net, model, [pictures[:1]], asked, 2)
    with explained.undisturbed():
        found = explained.plain_answers(pictures)
    with torch.no_grad():
        value = model.conv(pictures) if asked == "conv" else model.bn(model.conv(pictures))
    assert torch.allclose(found, value[:, 2].mean((1, 2)), atol=1e-5)


def test_no_hook_is_left_after_a_thousand_requests_with_errors_between() -> None:
    """Fails if a view leaves a hook, a gradient or another mode in the net, above all where the net fails half way."""
    nodes = [node("x", "Input", shape=(3, 6, 6)), node("conv", "Conv2d", out_channels=2), node("relu", "ReLU")]
    nodes += [node("flatten", "Flatten"), node("fc", "Linear", out_features=3)]
    net = compile_net(Project(graph=Graph.of(nodes, chain("x", "conv", "relu", "flatten", "fc"))))
    model = net.model(seed=0).train()
    look = Look(Subject(net, model, Samples({"x.output": torch.rand(2, 3, 6, 6)}, ("a", "b"))), "conv")
    names = (
        "activations",
        "receptive",
        "path",
        "filters",
        "gates",
        "attention",
        "histogram",
        "saliency",
        "guided",
        "cost",
    )
    weight = model.fc.weight.data
    failed = 0
    for turn in range(1000):
        model.fc.weight.data = weight[:, :5] if turn % 3 == 0 else weight
        try:
            view = views()[names[turn % len(names)]]
            view.pictures(replace(look, node="fc") if view.name in ("saliency", "guided") else look, {})
        except (NoPicture, RuntimeError):
            failed += 1
    assert failed > 300
    for module in model.modules():
        assert not {**module._forward_hooks, **module._forward_pre_hooks, **module._backward_hooks}
        assert module.training
    assert all(parameter.grad is None for parameter in model.parameters())
