"""Receptive fields, next to what gradients find when every layer lets everything through."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import pytest
import torch
from torch import nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project
from app.core.storage.templates import load
from app.insight.receptive import field_of, place_axes, sides_of, value_shape
from app.insight.tiles import NoPicture
from tests.support.drawings import chain, node


def opened(model: nn.Module) -> nn.Module:
    """A copy in which every layer hands on a little of all it sees: positive weights, no ReLU, means for maxima."""
    model = copy.deepcopy(model).double().eval()
    for parameter in model.parameters():
        parameter.data.uniform_(0.2, 0.3)
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.MaxPool2d):
                assert child.dilation == 1
                pool = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(parent, name, pool)
            elif type(child).__module__ == "torch.nn.modules.activation" and not isinstance(
                child, nn.Softmax | nn.MultiheadAttention
            ):
                setattr(parent, name, nn.Identity())
    return model


def seen(net: CompiledNet, model: nn.Module, name: str, place: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """The first and last places of the input that the gradient of one place of a layer reaches."""
    (entry,) = net.plan.inputs
    picture = torch.ones(1, *entry.shape.sizes, dtype=torch.float64, requires_grad=True)
    value = net.capture(opened(model), [picture], [name], grad=True)[name][0]
    where = (slice(None), *place) if value.dim() > 2 else (*place, slice(None))
    (gradient,) = torch.autograd.grad(value[where].sum(), picture)
    touched = gradient[0].abs() > 0
    found = []
    for axis in place_axes(entry.shape):
        others = tuple(each for each in range(touched.dim()) if each != axis)
        places = torch.nonzero(touched.any(dim=others)).flatten()
        found.append((int(places[0]), int(places[-1])) if len(places) else (1, 0))
    return tuple(found)


def drawing(*layers: tuple[str, dict[str, object]], shape: tuple[int, ...] = (2, 19, 17)) -> CompiledNet:
    """A chain of layers behind an input."""
    nodes = [node("x", "Input", shape=shape)]
    nodes += [node(f"n{index}", kind, **settings) for index, (kind, settings) in enumerate(layers)]
    return compile_net(Project(graph=Graph.of(nodes, chain("x", *(each.name for each in nodes[1:])))))


CONV, POOL = "Conv2d", "MaxPool2d"
CHAINS = {
    "padding": drawing((CONV, {"kernel_size": (5, 3), "padding": (2, 1), "out_channels": 2}), ("ReLU", {})),
    "strides": drawing(
        (CONV, {"kernel_size": 3, "stride": (2, 1), "out_channels": 3}), (POOL, {"kernel_size": 2}),
        (CONV, {"kernel_size": 2, "out_channels": 2}),
    ),
    "dilation": drawing((CONV, {"kernel_size": 3, "dilation": (3, 2), "out_channels": 2}), ("BatchNorm2d", {})),
    "same": drawing((CONV, {"kernel_size": 4, "padding": "same", "out_channels": 2})),
    "mean": drawing(("AvgPool2d", {"kernel_size": 3, "stride": 2}), ("Pad", {"pad": (1, 2, 0, 3)})),
    "mirrored": drawing(
        ("Pad", {"pad": (3, 3, 2, 2), "mode": "reflect"}), (CONV, {"kernel_size": 4, "out_channels": 2})
    ),
    "cut": drawing(("Slice", {"dim": 2, "start": 3, "stop": 9}), (CONV, {"kernel_size": 3, "out_channels": 2})),
    "locally": drawing(("LocallyConnected2d", {"kernel_size": 3, "out_channels": 2})),
    "apart": drawing(("SeparableConv2d", {"kernel_size": 5, "out_channels": 2}), ("Tanh", {})),
    "back": drawing(
        ("ConvTranspose2d", {"kernel_size": 4, "stride": 2, "padding": 1, "out_channels": 2}),
        (CONV, {"kernel_size": 3, "out_channels": 2}),
    ),
    "enlarged": drawing(("Upsample", {}), (CONV, {"kernel_size": 3, "out_channels": 2})),
    "adaptive": drawing(("AdaptiveAvgPool2d", {"output_size": (4, 5)})),
    "group norm": drawing(("GroupNorm", {"num_groups": 2}), (CONV, {"kernel_size": 3, "out_channels": 2})),
    "steps": drawing(
        ("Conv1d", {"kernel_size": 3, "stride": 2, "out_channels": 4, "padding": 1}),
        ("Conv1d", {"kernel_size": 2, "dilation": 3, "out_channels": 2}), shape=(24, 3),
    ),
    "memory": drawing(("Conv1d", {"kernel_size": 3, "out_channels": 4}), ("GRU", {"hidden_size": 3}), shape=(12, 3)),
    "causal": drawing(("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 8, "causal": True}), shape=(9, 4)),
    "everyone": drawing(("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 8}), shape=(9, 4)),
    "each step": drawing(
        ("Conv1d", {"kernel_size": 3, "out_channels": 4}), ("LayerNorm", {}), ("Linear", {"out_features": 3}),
        shape=(12, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_a_field_is_what_gradients_reach(name: str) -> None:
    """Fails if a kernel, stride, dilation or padding is counted wrongly, or a layer that reads everything is taken for
    one that reads a window."""
    net = CHAINS[name]
    model = net.model(seed=0)
    (entry,) = net.plan.inputs
    for step in net.plan.graph.steps:
        sides = sides_of(value_shape(net, step.name))
        for place in ([side // 2 for side in sides], [0] * len(sides), [side - 1 for side in sides]):
            field = field_of(net, model, step.name, place, entry)
            if name == "group norm":  # gradients through a norm of equal numbers are zero
                assert field.spans is None
                continue
            found = seen(net, model, step.name, place)
            if (1, 0) in found:  # a place of the border
                assert any(last < first for first, last in field.inside)
                continue
            assert field.inside == found, (step.name, place)


@pytest.mark.parametrize(
    ("template", "name", "size"),
    [
        ("lenet_digits", "conv1", (5, 5)),
        ("lenet_digits", "pool1", (6, 6)),
        ("lenet_digits", "conv2", (14, 14)),
        ("lenet_digits", "pool2", (16, 16)),
        ("resnet18", "maxpool", (11, 11)),
    ],
)
def test_sizes_are_those_of_the_textbooks(template: str, name: str, size: tuple[int, int]) -> None:
    """Fails if the sizes of known nets are not those that anybody works out by r + (k − 1) · j."""
    net = compile_net(load(template))
    model = net.model(seed=0)
    middle = [side // 2 for side in sides_of(value_shape(net, name))]
    assert field_of(net, model, name, middle, net.plan.inputs[0]).size == size


def test_fields_go_through_blocks_branches_and_sums() -> None:
    """Fails if a layer within a block, or one behind a shortcut, sees something else than gradients find."""
    net = compile_net(load("resnet18"))
    model = net.model(seed=0)
    entry = net.plan.inputs[0]
    steps = [step for step in net.plan.graph.steps if step.inner is not None][:2]
    for step in steps:
        assert step.inner is not None
        name = f"{step.name}/{step.inner.steps[-1].name}"
        field = field_of(net, model, name, (20, 20), entry)
        assert field.inside == seen(net, model, name, (20, 20))


def test_a_layer_with_no_places_sees_everything() -> None:
    """Fails if a fully connected layer is said to see a part of the picture."""
    net = compile_net(load("lenet_digits"))
    field = field_of(net, net.model(seed=0), "fc1", (), net.plan.inputs[0])
    assert field.spans is None
    assert field.inside == ((0, 31), (0, 31))
    with pytest.raises(NoPicture, match="no layer fc9"):
        field_of(net, net.model(seed=0), "fc9", (), net.plan.inputs[0])
