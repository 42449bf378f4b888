"""Settings by which torch 2.13 reads or writes outside its memory are printed as other calls that mean the same, or
refused. Each test looks at the printed call before it runs it, so that a lost guard fails here and ends no process.

With these guards 8,490 random legal settings of all layers and losses, forward and back in processes of their own
(channels first and last, frozen, trained and evaluated, one to eight samples), ended none. 2,117 of them were of
convolutions, their transposed kin and poolings, with far dilations and wide paddings."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.signatures import arguments
from app.core.graph.model import Block, Exposed, Graph, Project
from nodes.api import Built, Layer, SetParam, Shape, ShapeError
from nodes.api.registry import find
from tests.nodes.alone import drawing
from tests.nodes.nets import forward_of
from tests.support.drawings import chain, node

CONVOLUTIONS = ["Conv1d", "Conv2d", "Conv3d", "SeparableConv2d", "ConvTranspose1d", "ConvTranspose2d"]
POOLINGS = ["MaxPool1d", "MaxPool2d", "MaxPool3d"]


def layer_of(name: str) -> Layer:
    found = find(name)
    assert found is not None
    return found


def directions(layer: Layer) -> int:
    return int(layer.id[-2])


@st.composite
def sliding_settings(draw: st.DrawFn, layer: Layer) -> tuple[tuple[int, ...], dict[str, Any]]:
    """The sides of what arrives, and settings of a window: small kernels, far dilations, wide paddings."""
    count = directions(layer)

    def each(low: int, high: int) -> Any:
        values = draw(st.tuples(*[st.integers(low, high)] * count))
        return values[0] if count == 1 else values

    chosen = {"kernel_size": each(1, 3), "stride": each(1, 4), "dilation": each(1, 9), "padding": each(0, 20)}
    if layer.id.startswith("MaxPool"):
        chosen |= {"padding": each(0, 1), "ceil_mode": draw(st.booleans())}
    if layer.param("output_padding"):
        chosen["output_padding"] = each(0, 3)
    return draw(st.tuples(*[st.integers(1, 7)] * count)), chosen


def arriving(layer: Layer, sides: tuple[int, ...], channels: int = 2) -> dict[str, list[Shape]]:
    return {"x": [Shape((*sides, channels) if len(sides) == 1 else (channels, *sides))]}


def built_for(layer: Layer, sides: tuple[int, ...], chosen: dict[str, Any]) -> Built:
    try:
        return layer.build(arriving(layer, sides), layer.settings(chosen))
    except ShapeError:
        assume(False)
        raise


def spread(value: Any, count: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,) * count


def check_convolution(built: Built, count: int) -> None:
    """Nothing is dilated that is one wide, and no dilated window lies in torch's own padding as a whole."""
    given = arguments(built.call)
    kernel, gaps = spread(given["kernel_size"], count), spread(given.get("dilation", 1), count)
    assert all(gap == 1 for size, gap in zip(kernel, gaps) if size == 1)
    if "Transpose" not in built.call.constructor:
        padding = given.get("padding", 0)
        sides = (0,) * count if isinstance(padding, str) else spread(padding, count)
        assert all(gap == 1 or pad <= gap * (size - 1) for pad, size, gap in zip(sides, kernel, gaps))


@pytest.mark.parametrize("name", CONVOLUTIONS)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
def test_a_printed_convolution_has_no_dilation_without_meaning(name: str, data: st.DataObject) -> None:
    """Fails if a kernel that is one wide is printed with a dilation, or a dilated one with a padding that is wider than
    what it spans; and if the guard changes the shape that follows from the settings."""
    layer = layer_of(name)
    count = directions(layer)
    sides, chosen = data.draw(sliding_settings(layer))
    built = built_for(layer, sides, chosen)
    check_convolution(built, count)
    kernel, stride, pads, gaps = (
        spread(chosen[key], count) for key in ("kernel_size", "stride", "padding", "dilation")
    )
    if "Transpose" in name:
        more = spread(chosen["output_padding"], count)
        reached = [
            (side - 1) * step - 2 * pad + gap * (size - 1) + rest + 1
            for side, step, pad, gap, size, rest in zip(sides, stride, pads, gaps, kernel, more)
        ]
    else:
        reached = [
            (side + 2 * pad - gap * (size - 1) - 1) // step + 1
            for side, pad, gap, size, step in zip(sides, pads, gaps, kernel, stride)
        ]
    assert built.output is not None
    assert isinstance(built.output, Shape)
    assert (built.output.sizes[:-1] if count == 1 else built.output.sizes[1:]) == tuple(reached)


def net_for(layer: Layer, sides: tuple[int, ...], chosen: dict[str, Any]) -> CompiledNet:
    return compile_net(drawing(layer, arriving(layer, sides), chosen))


def slid(image: np.ndarray, weight: np.ndarray, stride: Any, padding: Any, dilation: Any) -> np.ndarray:
    """A 2-D convolution of one image without a bias, from its definition."""
    padded = np.pad(image, ((0, 0), (padding[0],) * 2, (padding[1],) * 2))
    rows, columns = (
        (padded.shape[axis + 1] - dilation[axis] * (weight.shape[axis + 2] - 1) - 1) // stride[axis] + 1
        for axis in (0, 1)
    )
    result = np.zeros((len(weight), rows, columns))
    for i, j, m, n in product(range(rows), range(columns), range(weight.shape[2]), range(weight.shape[3])):
        read = padded[:, i * stride[0] + m * dilation[0], j * stride[1] + n * dilation[1]]
        result[:, i, j] += weight[:, :, m, n] @ read
    return result


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [
        ((1, 1), (1, 1), (0, 0), (3, 3)),
        ((3, 1), (2, 1), (1, 0), (2, 5)),
        ((1, 3), (1, 2), (2, 2), (4, 1)),
        ((2, 2), (1, 1), (3, 4), (2, 3)),
        ((3, 2), (3, 2), (7, 5), (2, 4)),
        ((1, 1), (2, 3), (2, 2), (2, 7)),
    ],
    ids=str,
)
@pytest.mark.parametrize("last", [False, True], ids=["channels first", "channels last"])
def test_a_guarded_convolution_computes_what_its_settings_say(
    kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int], dilation: tuple[int, int], last: bool
) -> None:
    """Fails if another dilation, or padding that is written out, gives other numbers than the definition."""
    layer = layer_of("Conv2d")
    chosen = {"out_channels": 3, "kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    built = layer.build(arriving(layer, (5, 3)), layer.settings({**chosen, "bias": False}))
    check_convolution(built, 2)
    net = net_for(layer, (5, 3), {**chosen, "bias": False})
    model, images = net.model(seed=0), torch.randn(4, 2, 5, 3)
    if last:
        images = images.to(memory_format=torch.channels_last)
        model = model.to(memory_format=torch.channels_last)
    weight = model.it.weight.detach().numpy().astype(float)
    mine = model(images.requires_grad_())
    mine.sum().backward()
    by_hand = [slid(image, weight, stride, padding, dilation) for image in images.detach().numpy().astype(float)]
    np.testing.assert_allclose(mine.detach().numpy(), np.stack(by_hand), rtol=1e-5, atol=1e-5)
    assert images.grad is not None
    assert images.grad.shape == images.shape


def test_the_drawing_keeps_the_dilation_of_a_narrow_kernel() -> None:
    """Fails if the guard shows up in the settings, or where a block hands its dilation on."""
    inside = Graph.of(
        [node("inp", "In"), node("conv", "Conv2d", out_channels=2, kernel_size=1), node("out", "Out")],
        chain("inp", "conv", "out"),
    )
    exposed = (Exposed("dilation", "conv", "dilation"), Exposed("kernel", "conv", "kernel_size"))
    nodes = [
        node("x", "Input", shape=(2, 9, 9)),
        node("one", "block:slides", dilation=(4, 4), kernel=(1, 1)),
        node("two", "block:slides", dilation=(4, 4), kernel=(2, 2)),
        node("out", "Output"),
    ]
    wires = [*chain("x", "one.inp"), *chain("one.out", "two.inp"), *chain("two.out", "out")]
    project = Project("Blocks", graph=Graph.of(nodes, wires), blocks={"slides": Block(inside, exposed)})
    assert project.graph.nodes["one"].params["dilation"] == (4, 4)
    model = compile_net(project).model()
    assert (model.one.conv.dilation, model.two.conv.dilation) == ((1, 1), (4, 4))
    assert model(torch.randn(1, 2, 9, 9)).shape == (1, 2, 5, 5)


def test_an_output_padding_must_fit_the_dilation_that_counts() -> None:
    """Fails if torch refuses the printed call, because only a dilation without meaning made room for the padding."""
    layer = layer_of("ConvTranspose2d")
    chosen = {"kernel_size": (1, 3), "stride": (1, 1), "dilation": (4, 4), "output_padding": (3, 3)}
    with pytest.raises(ShapeError, match="counts where the kernel is wider than 1") as refused:
        layer.build(arriving(layer, (3, 3)), layer.settings(chosen))
    (fix,) = refused.value.fixes
    assert fix == SetParam("output_padding", (0, 3))
    model = net_for(layer, (3, 3), {**chosen, "output_padding": (0, 3)}).model()
    assert model(torch.randn(2, 2, 3, 3)).shape == (2, 32, 3, 14)


@pytest.mark.parametrize("name", POOLINGS)
@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much])
def test_a_window_that_reads_padding_alone_is_refused(name: str, data: st.DataObject) -> None:
    """Fails if a dilated window may step over all of the input, or one is refused in which every window reads
    something; or if what is offered instead does not help."""
    layer = layer_of(name)
    count = directions(layer)
    sides, chosen = data.draw(sliding_settings(layer))
    whole = layer.settings(chosen)
    try:
        left = layer.build(arriving(layer, sides), whole).outputs["output"].sizes
        refused = None
    except ShapeError as error:
        assume("only padding" in error.sentence)
        refused = error
    kernel, steps, pads, gaps = (spread(whole[key], count) for key in ("kernel_size", "stride", "padding", "dilation"))
    empty = []
    for axis in range(count):
        step, place = steps[axis] or kernel[axis], -pads[axis]
        # Where the last window ends; with ceil_mode a step that is cut short counts, if it begins in the input.
        end = sides[axis] + pads[axis] + (step - 1) * whole["ceil_mode"]
        while place + gaps[axis] * (kernel[axis] - 1) < end and (place < sides[axis] or not whole["ceil_mode"]):
            reads = [place + gaps[axis] * tap for tap in range(kernel[axis])]
            empty.append(not any(0 <= each < sides[axis] for each in reads))
            place += step
    if refused is None:
        assert not any(empty), f"{left} has values that are no maximum of anything"
        return
    assert any(empty)
    for fix in refused.fixes:
        assert isinstance(fix, SetParam)
        layer.build(arriving(layer, sides), layer.settings({**chosen, fix.param: fix.value}))


@pytest.mark.parametrize(("shape", "groups"), [((4, 3, 5), 2), ((1, 3, 5), 1), ((6, 1, 1), 3), ((4, 2, 3, 5), 2)])
def test_group_norm_trains_behind_frozen_layers(shape: tuple[int, ...], groups: int) -> None:
    """Fails if an image whose channels stand last in memory reaches torch's group norm as it is, or if the values or
    the gradients of scale and offset are not those of the definition."""
    layer = layer_of("GroupNorm")
    net = compile_net(drawing(layer, {"x": [Shape(shape)]}, {"num_groups": groups, "eps": 1e-3}))
    assert "self.it(x.flatten(2)).view_as(x)" in forward_of(net).replace("in1", "x")
    model = net.model()
    images = torch.randn(5, *shape[1:], shape[0]).movedim(-1, 1)
    mine = model(images)
    factor = torch.randn(mine.shape)
    (mine * factor).sum().backward()
    grouped = images.double().reshape(5, groups, -1)
    normed = (grouped - grouped.mean(2, keepdim=True)) / (grouped.var(2, keepdim=True, correction=0) + 1e-3).sqrt()
    by_hand = normed.reshape(images.shape)
    torch.testing.assert_close(mine.double(), by_hand, rtol=1e-4, atol=1e-5)
    others = [axis for axis in range(images.ndim) if axis != 1]
    torch.testing.assert_close(model.it.weight.grad.double(), (by_hand * factor).sum(others), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(model.it.bias.grad, factor.sum(others), rtol=1e-4, atol=1e-5)
