"""Answers to pictures with another window, of which only what that reaches is worked out, next to the net itself."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Node, Project, Wire
from app.core.storage.templates import load
from app.insight.explanation import explain
from app.insight.where import occlusion as occlusions
from app.insight.where.nearby import LocalOcclusion
from app.insight.where.occlusion import occlusion
from tests.insight.test_inference_copy import with_statistics
from tests.support.drawings import chain, node


def drawn(nodes: list[Node], wires: list[Wire]) -> tuple[CompiledNet, nn.Module]:
    net = compile_net(Project(graph=Graph.of(nodes, wires)))
    return net, with_statistics(net.model(seed=0))


def conv(name: str, **params: object) -> Node:
    return node(name, "Conv2d", **{"out_channels": 5, **params})


def plain() -> tuple[CompiledNet, nn.Module]:
    """Strides, paddings, pooling and norms one after the other, in a picture whose sides no stride divides."""
    nodes = [
        node("x", "Input", shape=(3, 101, 99)),
        conv("c1", kernel_size=3, stride=2, padding=1),
        node("b1", "BatchNorm2d"),
        node("r1", "ReLU"),
        conv("c2", kernel_size=5, padding=2),
        node("p1", "MaxPool2d", kernel_size=3, stride=2, padding=1),
        conv("c3", kernel_size=3, dilation=2, padding=2, out_channels=6),
        node("t", "Tanh"),
        node("p2", "AvgPool2d", kernel_size=2),
        node("flatten", "Flatten"),
        node("fc", "Linear", out_features=4),
    ]
    return drawn(nodes, chain(*(each.name for each in nodes)))


def branching() -> tuple[CompiledNet, nn.Module]:
    """A shortcut around two convolutions, and branches that are joined."""
    nodes = [
        node("x", "Input", shape=(3, 96, 96)),
        conv("c1", kernel_size=3, padding=1),
        conv("c2", kernel_size=3, padding=1),
        node("add", "Add"),
        conv("c3", kernel_size=1, out_channels=2),
        node("cat", "Concat"),
        conv("c4", kernel_size=3, stride=2),
        node("flatten", "Flatten"),
        node("fc", "Linear", out_features=4),
    ]
    wires = [
        *chain("x", "c1", "c2"),
        Wire("c1", "output", "add", "xs"),
        Wire("c2", "output", "add", "xs"),
        *chain("add", "c3"),
        Wire("add", "output", "cat", "xs"),
        Wire("c3", "output", "cat", "xs"),
        *chain("cat", "c4", "flatten", "fc"),
    ]
    return drawn(nodes, wires)


@pytest.mark.parametrize("make", [plain, branching])
@pytest.mark.parametrize("window", [4, 15])
def test_only_what_a_window_reaches_is_worked_out_and_nothing_else_changes(make: object, window: int) -> None:
    """Fails if a cut is a place off, too small, or not where strides fall: in the middle, at edges and in corners."""
    net, model = make()  # type: ignore[operator]
    height, width = net.plan.inputs[0].shape.sizes[1:]
    picture = torch.randn(1, 3, height, width)
    nearby = LocalOcclusion(net, model, [picture], 0, "fc", window)
    assert nearby.worth_it
    places = [(0, 0), (height - window, width - window), (0, 31), (40, 40), (41, 43), (height - window - 1, 7)]
    windows = [(y, x, torch.randn(3, window, window)) for y, x in places]
    pictures = picture.repeat(len(places), 1, 1, 1)
    for one, (y, x, pixels) in zip(pictures, windows):
        one[:, y : y + window, x : x + window] = pixels
    with torch.no_grad():
        assert torch.allclose(nearby.answers(windows), model(pictures), atol=1e-5)
        assert torch.allclose(nearby.unchanged, model(picture), atol=1e-5)
        again = nearby.answers(windows[::-1]).flip(0)  # fails if something was written into the maps of the picture
        assert torch.allclose(again, model(pictures), atol=1e-5)
        assert torch.allclose(nearby.answers(windows[3:4]), model(pictures[3:4]), atol=1e-5)
        ran = [nearby._around([window]) for window in windows]
        some = [value.shape[2] * value.shape[3] for changed in ran for _, value in changed.values()]
    assert len(nearby._local) > 2
    assert max(some) < 0.4 * height * width


def test_blocks_with_uneven_borders_answer_the_same() -> None:
    """Fails if a block with borders below and right alone, or activations in the memory of what they read, change what
    a covered picture is answered."""
    net = compile_net(load("efficientnet_lite0"))
    model = with_statistics(net.model(seed=0))
    explained = explain(net, model, [torch.rand(1, 3, 224, 224)], "blocks_5", 3)
    nearby = explained.nearby(44)
    assert nearby is not None
    assert any(local.step.name.startswith("blocks_3/") for local in nearby._local)
    covered = explained.picture.clone()
    covered[:, :, 101:145, 13:57] = 0.5
    with explained.undisturbed(), torch.no_grad():
        found = nearby.answers([(101, 13, torch.full((3, 44, 44), 0.5))])
        expected = net.capture(model, [covered], ["blocks_5"], no_further=True)["blocks_5"]
    assert torch.allclose(found, expected, atol=1e-5 * float(expected.abs().max()))


class Mirrored(nn.Conv2d):
    """A convolution that reads other places than one would think."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.flip(-1))


@pytest.mark.parametrize("wraps", [False, True])
def test_a_layer_that_reads_elsewhere_is_run_as_a_whole(wraps: bool) -> None:
    """Fails if a map is wrong where a layer reads across the edge, or other places than its kernel says."""
    nodes = [node("x", "Input", shape=(3, 96, 96)), conv("c1", kernel_size=3, padding=1)]
    nodes += [node("r", "ReLU"), node("flatten", "Flatten"), node("fc", "Linear", out_features=3)]
    net, model = drawn(nodes, chain("x", "c1", "r", "flatten", "fc"))
    if wraps:
        model.c1.padding_mode = "circular"
    else:
        model.c1.__class__ = Mirrored
    asked = explain(net, model, [torch.rand(1, 3, 96, 96)], "fc", 1)
    found = occlusion(asked, 24, 24).values
    expected = torch.zeros(96, 96)
    with torch.no_grad():
        for y in range(0, 96, 24):
            for x in range(0, 96, 24):
                covered = asked.picture.clone()
                covered[:, :, y : y + 24, x : x + 24] = asked.picture.mean()
                expected[y : y + 24, x : x + 24] = model(asked.picture)[0, 1] - model(covered)[0, 1]
    assert torch.allclose(found[0], expected, atol=1e-5)


def test_small_pictures_are_answered_as_wholes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a map depends on how it is worked out."""
    net, model = plain()
    asked = explain(net, model, [torch.rand(1, 3, 101, 99)], "fc", 1)
    one = occlusion(asked, 20, 10).values
    monkeypatch.setattr(occlusions, "LARGE", 1000)
    assert torch.allclose(one, occlusion(asked, 20, 10).values, atol=1e-5)
