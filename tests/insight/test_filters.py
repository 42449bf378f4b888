"""Weights as pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Node, Project
from app.core.storage.templates import load
from app.insight.filters import filters
from app.insight.pictures import render
from app.insight.tiles import NoPicture
from tests.support.drawings import block_net, chain, node

LENET = compile_net(load("lenet_digits"))


def built(*nodes: Node, shape: tuple[int, ...] = (3, 12, 12), **more: Any) -> tuple[CompiledNet, nn.Module]:
    """A chain of layers behind an Input, compiled, with fresh weights."""
    every = [node("picture", "Input", shape=shape), *nodes]
    graph = Graph.of(every, chain(*(each.name for each in every)))
    net = compile_net(Project("Test", graph=graph, **more))
    return net, net.model(seed=0)


def test_a_first_layer_on_one_channel_shows_its_weights_as_they_are() -> None:
    """Fails if filters are mixed up, normalised one by one, or turned."""
    model = LENET.model(seed=1)
    tiles = filters(LENET, model, "conv1")
    weight = model.get_parameter("conv1.weight").detach().numpy()
    assert np.array_equal(tiles.maps, weight[:, 0])
    assert tiles.high == -tiles.low == pytest.approx(np.abs(weight).max())
    assert tiles.colormap == "diverging"
    assert tiles.labels == tuple("012345")


def test_a_first_layer_on_colours_is_coloured() -> None:
    """Fails if red, green and blue are swapped, or zero is not grey."""
    net, model = built(node("conv1", "Conv2d", out_channels=5))
    with torch.no_grad():
        model.get_parameter("conv1.weight").zero_()
        model.get_parameter("conv1.weight")[2, 0] = 0.4
    tiles = filters(net, model, "conv1")
    assert tiles.maps.shape == (5, 3, 3, 3)
    assert tiles.colormap == "rgb"
    assert np.allclose(tiles.maps[2, 0, 0], [1.0, 0.5, 0.5])
    assert np.allclose(tiles.maps[0], 0.5)
    assert (tiles.low, tiles.high) == pytest.approx((-0.4, 0.4))


def test_three_channels_inside_a_net_are_no_colours() -> None:
    """Fails if three hidden channels are taken for red, green and blue."""
    net, model = built(node("conv1", "Conv2d", out_channels=3), node("conv2", "Conv2d", out_channels=4))
    assert filters(net, model, "conv1").colormap == "rgb"
    assert filters(net, model, "conv2").colormap == "diverging"


def test_a_deeper_layer_shows_every_kernel_in_its_place() -> None:
    """Fails if rows and columns of the table are mixed up."""
    model = LENET.model(seed=1)
    weight = model.get_parameter("conv2.weight").detach().numpy()
    tiles = filters(LENET, model, "conv2")
    assert tiles.count == 16 * 6
    assert (tiles.columns, tiles.x_label, tiles.y_label) == (16, "filter", "input channel")
    assert np.array_equal(tiles.maps[2 * 16 + 11], weight[11, 2])


def test_a_table_that_would_be_too_large_says_what_it_leaves_out() -> None:
    """Fails if 4,096 unreadable tiles are drawn, or some are left out without a word."""
    net, model = built(node("conv1", "Conv2d", out_channels=64), node("conv2", "Conv2d", out_channels=64))
    weight = model.get_parameter("conv2.weight").detach().numpy()
    tiles = filters(net, model, "conv2")
    assert tiles.count <= 256
    assert tiles.note == "Shown are filters 0 to 15 of 64 with inputs 0 to 15 of 64."
    assert (tiles.whole, tiles.left_out) == ((64, 64), tiles.note)
    assert np.array_equal(tiles.maps[3 * 16 + 5], weight[5, 3])
    narrow = filters(net, model, "conv1", "mean", most=10)
    assert narrow.count == 10
    assert "first 10 of 64" in narrow.note
    assert (narrow.whole, narrow.left_out) == ((64,), narrow.note)
    few, model = built(node("conv1", "Conv2d", out_channels=40), node("conv2", "Conv2d", out_channels=10))
    wide = filters(few, model, "conv2")
    assert (wide.columns, wide.x_label, wide.whole) == (25, "input channel", (40, 10)), "across first, then down"


def test_strength_and_mean_of_kernels() -> None:
    """Fails if the overview of a deep layer is not computed as its note says."""
    model = LENET.model(seed=1)
    weight = model.get_parameter("conv2.weight").detach().numpy()
    strength = filters(LENET, model, "conv2", "strength")
    assert np.allclose(strength.maps[0], np.sqrt((weight**2).sum((2, 3))))
    assert strength.low == 0
    assert np.allclose(filters(LENET, model, "conv2", "mean").maps, weight.mean(1))


def test_kernels_of_one_pixel_are_one_map() -> None:
    """Fails if a 1×1 convolution is shown as hundreds of single squares."""
    net, model = built(node("conv1", "Conv2d", out_channels=6), node("conv2", "Conv2d", out_channels=4, kernel_size=1))
    tiles = filters(net, model, "conv2")
    assert np.array_equal(tiles.maps[0], model.get_parameter("conv2.weight").detach().numpy()[:, :, 0, 0])


def test_a_fully_connected_layer_behind_a_picture_is_folded_into_it() -> None:
    """Fails if the weights of a digit reader are not shown as digits, also behind Dropout."""
    net = compile_net(load("mlp_digits"))
    model = net.model(seed=0)
    tiles = filters(net, model, "fc1")
    assert np.array_equal(tiles.maps, model.get_parameter("fc1.weight").detach().numpy().reshape(64, 8, 8))
    dropped, model = built(
        node("flatten", "Flatten"), node("dropout1", "Dropout"), node("fc1", "Linear", out_features=5), shape=(1, 4, 6)
    )
    assert filters(dropped, model, "fc1").maps.shape == (5, 4, 6)


def test_a_fully_connected_layer_behind_maps_shows_one_picture_for_each_channel() -> None:
    """Fails if the order of Flatten (channel by channel) is not undone."""
    model = LENET.model(seed=0)
    weight = model.get_parameter("fc1.weight").detach().numpy().reshape(120, 16, 5, 5)
    tiles = filters(LENET, model, "fc1")
    assert tiles.count == 256
    assert np.array_equal(tiles.maps[3 * 16 + 7], weight[7, 3])
    assert "outputs 0 to 15 of 120" in tiles.note


def test_a_fully_connected_layer_behind_another_is_one_map() -> None:
    """Fails if 84 inputs are folded into a picture that does not exist."""
    model = LENET.model(seed=0)
    tiles = filters(LENET, model, "fc3")
    assert np.array_equal(tiles.maps[0], model.get_parameter("fc3.weight").detach().numpy())
    assert (tiles.x_label, tiles.y_label) == ("input", "output")


def test_an_lstm_shows_its_four_gates() -> None:
    """Fails if gates are mixed up, or its own memory cannot be looked at."""
    net, model = built(node("lstm1", "LSTM", hidden_size=5), shape=(9, 7))
    weights = model.get_submodule("lstm1")
    tiles = filters(net, model, "lstm1")
    assert tiles.maps.shape == (4, 5, 7)
    assert tiles.labels[1] == "forget gate"
    assert np.array_equal(tiles.maps[1], weights.weight_ih_l0.detach().numpy()[5:10])
    assert filters(net, model, "lstm1", weight="weight_hh_l0").maps.shape == (4, 5, 5)
    with pytest.raises(NoPicture, match="no weight bias_9; it has weight_ih_l0"):
        filters(net, model, "lstm1", weight="bias_9")


def test_a_gru_shows_its_three_gates() -> None:
    """Fails if a gate is named that torch has at another place: once the update gate is open nothing changes."""
    net, model = built(node("gru1", "GRU", hidden_size=5), shape=(9, 7))
    cell = model.get_submodule("gru1")
    tiles = filters(net, model, "gru1")
    assert tiles.maps.shape == (3, 5, 7)
    place = list(tiles.labels).index("update gate")
    assert np.array_equal(tiles.maps[place], cell.weight_ih_l0.detach().numpy()[5 * place : 5 * place + 5])
    with torch.no_grad():
        cell.bias_ih_l0[5 * place : 5 * place + 5] = 1e4
        outputs, _ = cell(torch.randn(2, 9, 7), torch.full((1, 2, 5), 0.25))
    assert torch.allclose(outputs, torch.full_like(outputs, 0.25))


def test_a_normalisation_is_shown_as_bars() -> None:
    """Fails if a list of weights has no picture."""
    net, model = built(node("conv1", "Conv2d", out_channels=6), node("norm1", "BatchNorm2d"))
    tiles = filters(net, model, "norm1")
    assert tiles.layout == "bars"
    assert np.array_equal(tiles.maps.reshape(-1), np.ones(6))
    assert render(tiles).shape[1] == 960


def test_layers_inside_blocks_have_weights_of_their_own() -> None:
    """Fails if a path into a block, into the copies of a repeated block, or a shared layer leads to other weights."""
    net = compile_net(block_net())
    model = net.model(seed=0)
    for path, address in [("first/conv", "first.conv"), ("second/conv", "second.conv"), ("third/conv", "third.0.conv")]:
        weight = model.get_parameter(f"{address}.weight").detach().numpy()
        tiles = filters(net, model, path, "mean")
        assert np.allclose(tiles.maps, weight.mean(1)), path
    with pytest.raises(NoPicture, match=r"first is a block.*first/conv"):
        filters(net, model, "first")


def test_a_layer_that_shares_weights_shows_those_of_their_owner() -> None:
    """Fails if sharing looks like having none."""
    twin = replace(node("conv2", "Conv2d", out_channels=3, padding=1), shares="conv1")
    net, model = built(node("conv1", "Conv2d", out_channels=3, padding=1), twin)
    assert np.array_equal(filters(net, model, "conv2", "mean").maps, filters(net, model, "conv1", "mean").maps)


def test_a_repeated_layer_shows_its_first_copy_and_says_so() -> None:
    """Fails if the reader takes one of several copies for the only one."""
    net, model = built(replace(node("conv1", "Conv2d", out_channels=3, padding=1), repeat=4))
    tiles = filters(net, model, "conv1", "mean")
    assert np.allclose(tiles.maps, model.get_parameter("conv1.0.weight").detach().numpy().mean(1))
    assert tiles.note.startswith("The first of 4 copies.")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("relu1", r"relu1 \(ReLU\) has no weights.*such as conv1"),
        ("flatten", r"flatten has no weights"),
        ("digits", r"digits is where data enters.*layer behind it"),
        ("loss", r"loss is a loss.*layer before it"),
        ("conv9", r"no layer conv9. It has conv1, relu1"),
        ("conv1/inner", r"conv1 is a layer, so there is nothing inside"),
        ("", r"no layer"),
    ],
)
def test_where_there_is_nothing_to_see_a_sentence_says_why(name: str, sentence: str) -> None:
    """Fails if a student gets a blank panel or a KeyError."""
    with pytest.raises(NoPicture, match=sentence):
        filters(LENET, LENET.model(seed=0), name)


def test_muted_and_unused_layers_say_so() -> None:
    """Fails if a layer that stands on the canvas is said not to exist."""
    project = load("lenet_digits")
    muted = project.with_graph("", project.graph.with_nodes(replace(project.graph.nodes["relu1"], muted=True)))
    net = compile_net(muted)
    with pytest.raises(NoPicture, match=r"relu1 is muted.*Unmute"):
        filters(net, net.model(seed=0), "relu1")
    spare = [node("spare", "Conv2d", out_channels=2)]
    graph = project.graph.with_nodes(*spare).with_wires([*project.graph.wires, *chain("conv1", "spare")])
    net = compile_net(project.with_graph("", graph))
    with pytest.raises(NoPicture, match="spare leads to no loss and no output"):
        filters(net, net.model(seed=0), "spare")


def test_weights_that_ran_away_are_not_painted() -> None:
    """Fails if NaN is shown as some colour."""
    model = LENET.model(seed=0)
    with torch.no_grad():
        model.get_parameter("conv1.weight")[0, 0, 0, 0] = float("nan")
    with pytest.raises(NoPicture, match="weight of conv1 contains values that are infinite or not numbers"):
        filters(LENET, model, "conv1")


def test_the_picture_is_a_copy() -> None:
    """Fails if a picture changes while the training goes on."""
    model = LENET.model(seed=0)
    tiles = filters(LENET, model, "conv1")
    before = tiles.maps.copy()
    with torch.no_grad():
        model.get_parameter("conv1.weight").add_(1.0)
    assert np.array_equal(tiles.maps, before)


def test_a_transposed_convolution_shows_filters_and_inputs_in_their_places() -> None:
    """Fails if the inputs, which torch keeps first there, are taken for filters."""
    net, model = built(node("up", "ConvTranspose2d", out_channels=2, kernel_size=3), shape=(5, 4, 4))
    weight = model.get_parameter("up.weight").detach().numpy()
    tiles = filters(net, model, "up")
    assert tiles.count == 10
    across = {"filter": 2, "input channel": 5}[tiles.x_label]
    assert tiles.columns == across
    place = 4 * across + 1 if tiles.x_label == "filter" else 1 * across + 4
    assert np.array_equal(tiles.maps[place], weight[4, 1])


def test_a_locally_connected_layer_shows_one_place_and_says_which() -> None:
    """Fails if millions of weights are drawn as one list, or the student takes them for shared."""
    net, model = built(node("l4", "LocallyConnected2d", out_channels=4), shape=(1, 9, 7))
    tiles = filters(net, model, "l4")
    weight = model.get_parameter("l4.weight").detach().numpy()
    assert np.array_equal(tiles.maps, weight[3, 2, :, 0])
    assert "row 3 and column 2" in tiles.note


def test_kernels_of_a_volume_show_their_middle() -> None:
    """Fails if a 3-D convolution has no picture."""
    net, model = built(node("conv1", "Conv3d", out_channels=4), shape=(1, 5, 6, 7))
    weight = model.get_parameter("conv1.weight").detach().numpy()
    tiles = filters(net, model, "conv1")
    assert np.array_equal(tiles.maps, weight[:, 0, 1])
    assert "middle layer" in tiles.note


def test_a_separable_convolution_shows_its_windows() -> None:
    """Fails if a module of several parts has no picture."""
    net, model = built(node("sep", "SeparableConv2d", out_channels=4))
    weight = model.get_parameter("sep.depthwise.weight").detach().numpy()
    assert np.array_equal(filters(net, model, "sep").maps, weight[:, 0])
