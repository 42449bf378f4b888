"""What nodes answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.storage.templates import load
from app.insight.activations import activations, activations_of
from app.insight.capture import undisturbed
from app.insight.pictures import render
from app.insight.tiles import NoPicture
from tests.insight.conftest import Trained
from tests.support.drawings import block_net, chain, node


def test_maps_are_those_of_the_layer(lenet: Trained) -> None:
    """Fails if another sample, another layer or another order of channels is shown."""
    tiles = activations(lenet.net, lenet.model, lenet.images, "conv1", sample=5)
    convolution = lenet.model.get_submodule("conv1")
    by_hand = convolution(lenet.images[5:6])[0].detach().numpy()
    assert np.allclose(tiles.maps, by_hand, atol=1e-6)
    assert tiles.colormap == "viridis"
    assert (tiles.low, tiles.high) == (tiles.maps.min(), tiles.maps.max())
    assert tiles.labels == tuple("012345")
    assert tiles.source is not None
    assert np.array_equal(tiles.source, lenet.images[5, 0].numpy())


def test_inputs_may_be_a_tensor_a_tuple_or_a_batch(lenet: Trained) -> None:
    """Fails if one of the ways in which the window and the command line hold data is not understood."""
    batch = {"digits.image": lenet.images, "digits.label": lenet.labels}
    seen = [
        activations(lenet.net, lenet.model, inputs, "relu2", sample=3).maps
        for inputs in (lenet.images, (lenet.images,), [lenet.images], batch)
    ]
    assert all(np.array_equal(one, seen[0]) for one in seen)


def test_many_nodes_at_once_are_the_same_as_one_by_one(lenet: Trained) -> None:
    """Fails if the shared pass mixes up nodes, or one node without a picture spoils the others."""
    names = ("digits", "conv1", "pool2", "flatten", "fc3", "loss", "nothing")
    together = activations_of(lenet.net, lenet.model, lenet.images, names, sample=2)
    assert list(together) == ["digits", "conv1", "pool2", "flatten", "fc3"]
    for name, tiles in together.items():
        alone = activations(lenet.net, lenet.model, lenet.images, name, sample=2)
        assert np.array_equal(tiles.maps, alone.maps), name


def test_class_scores_are_bars_with_the_words_of_the_classes(lenet: Trained) -> None:
    """Fails if a teacher cannot read which class won."""
    words = ("nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    tiles = activations(lenet.net, lenet.model, lenet.images, "fc3", sample=7, labels=words)
    assert tiles.layout == "bars"
    assert tiles.maps.shape == (1, 1, 10)
    assert tiles.labels == words
    scores = lenet.model(lenet.images[7:8]).detach().numpy().reshape(-1).astype(float)
    assert tiles.note.startswith(
        f"The highest score belongs to {words[int(scores.argmax())]}. As per cent, by softmax:"
    )
    by_hand = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    assert tiles.shares == pytest.approx(by_hand, abs=1e-6)
    assert not tiles.percent, "the bars are the scores; the per cents stand below them"
    assert tiles.low <= 0 <= tiles.high
    assert activations(lenet.net, lenet.model, lenet.images, "fc3").labels == tuple("0123456789")


def test_ten_values_that_are_no_scores_get_no_class_words(mlp: Trained) -> None:
    """Fails if any list of ten is taken for the ten digits."""
    tiles = activations(mlp.net, mlp.model, mlp.images, "fc1")
    assert tiles.labels == ()
    assert tiles.x_label == "unit"


def test_a_softmax_behind_the_scores_is_read_by_class() -> None:
    """Fails if probabilities lose the words that the scores have."""
    project = load("mlp_digits")
    more = [node("softmax1", "Softmax"), node("answer", "Output")]
    graph = project.graph.with_nodes(*more).with_wires([*project.graph.wires, *chain("fc2", "softmax1", "answer")])
    net = compile_net(project.with_graph("", graph))
    tiles = activations(net, net.model(seed=0), torch.rand(1, 1, 8, 8), "softmax1")
    assert tiles.labels == tuple("0123456789")
    assert tiles.maps.sum() == pytest.approx(1, abs=1e-5)


def test_the_answer_of_an_autoencoder_is_a_picture() -> None:
    """Fails if 64 values that are compared with a picture are shown as bars."""
    net = compile_net(load("autoencoder_digits"))
    model, images = net.model(seed=0), torch.rand(2, 1, 8, 8)
    tiles = activations(net, model, images, "sigmoid1")
    assert tiles.maps.shape == (1, 8, 8)
    assert (tiles.low, tiles.high, tiles.colormap) == (0.0, 1.0, "gray")
    assert activations(net, model, images, "encode").layout == "bars"


def test_nodes_inside_blocks_and_additions_have_answers() -> None:
    """Fails if only layers of the main drawing can be looked at."""
    net = compile_net(block_net())
    model, images = net.model(seed=0).eval(), torch.rand(1, 3, 12, 12)
    total = activations(net, model, images, "sum1").maps
    second, third = (activations(net, model, images, name).maps for name in ("second", "third"))
    assert np.allclose(total, second + third, atol=1e-6)
    assert activations(net, model, images, "first/conv").count == 8


def test_a_sound_is_a_wave_with_time_to_the_right() -> None:
    """Fails if a long row of values is one map of a single step, which no panel can show, or its peak is elsewhere."""
    nodes = [node("x", "Input", shape=(1, 5_120)), node("mel", "LogMelSpectrogram"), node("y", "Output")]
    net = compile_net(Project(graph=Graph.of(nodes, chain("x", "mel", "y"))))
    wave = torch.zeros(1, 1, 5_120)
    wave[0, 0, 1_290] = 0.5  # in column 64 of 256, up
    wave[0, 0, 3_850] = -0.25  # in column 192, down by half of that
    tiles = activations(net, net.model(), wave, "x")
    (picture,) = tiles.maps
    assert picture.shape == (64, 256)
    up, down = picture[:31].any(0), picture[33:].any(0)
    assert up.nonzero()[0].tolist() == [64]
    assert down.nonzero()[0].tolist() == [192]
    assert picture[0, 64] == 1
    assert picture[33:, 192].sum() == pytest.approx(16, abs=2)
    assert picture[31:33].all(), "the line in the middle"


def test_a_sequence_is_one_map_with_time_to_the_right() -> None:
    """Fails if steps and features change places."""
    every = [node("words", "Input", shape=(9, 4)), node("lstm1", "LSTM", hidden_size=6)]
    net = compile_net(Project("Sequence", graph=Graph.of(every, chain("words", "lstm1"))))
    model, given = net.model(seed=0), torch.rand(2, 9, 4)
    tiles = activations(net, model, given, "lstm1", sample=1)
    assert tiles.maps.shape == (1, 6, 9)
    by_hand = net.capture(model, (given,), ["lstm1"])["lstm1"][1].numpy()
    assert np.allclose(tiles.maps[0], by_hand.T)
    assert (tiles.x_label, tiles.y_label) == ("step", "feature")
    assert tiles.source is None
    assert render(tiles).shape[1] == 960


def test_a_silent_channel_is_named(lenet: Trained) -> None:
    """Fails if a blank map stands there without its reason."""
    model = lenet.net.model(seed=0)
    with torch.no_grad():
        model.get_parameter("conv1.bias").fill_(1.0)
        model.get_parameter("conv1.bias")[2] = -100.0
    assert "Channel 2 is blank because it is 0 everywhere" in activations(lenet.net, model, lenet.images, "relu1").note
    with torch.no_grad():
        model.get_parameter("conv1.bias").fill_(-100.0)
    tiles = activations(lenet.net, model, lenet.images, "relu1")
    assert tiles.note == "Every value is 0: no channel answers to this picture."
    assert np.isfinite(render(tiles)).all()


def test_a_source_shows_the_picture_itself(lenet: Trained) -> None:
    """Fails if the first node of the drawing cannot be looked at, or its scale is stretched."""
    tiles = activations(lenet.net, lenet.model, lenet.images, "digits", sample=4)
    assert np.array_equal(tiles.maps, lenet.images[4].numpy())
    assert (tiles.low, tiles.high, tiles.colormap) == (0.0, 1.0, "gray")


def test_a_muted_layer_shows_what_it_hands_on() -> None:
    """Fails if muting a layer makes its strip an error."""
    project = load("lenet_digits")
    bypassed = project.with_graph("", project.graph.with_nodes(replace(project.graph.nodes["relu1"], bypassed=True)))
    net = compile_net(bypassed)
    model, images = net.model(seed=0), torch.rand(1, 1, 32, 32)
    passed = activations(net, model, images, "relu1").maps
    assert np.array_equal(passed, activations(net, model, images, "conv1").maps)


@pytest.mark.parametrize(
    ("name", "sample", "shape", "sentence"),
    [
        ("loss", 0, (1, 1, 32, 32), "loss is a loss"),
        ("conv9", 0, (1, 1, 32, 32), "no layer conv9"),
        ("conv1", 3, (2, 1, 32, 32), "no sample 3; there are 2"),
        ("conv1", 0, (1, 3, 32, 32), r"image must be \(1, 32, 32\).*but it is \(3, 32, 32\)"),
    ],
)
def test_what_does_not_fit_is_said(
    lenet: Trained, name: str, sample: int, shape: tuple[int, ...], sentence: str
) -> None:
    """Fails if torch's own words, or an IndexError, reach the student."""
    with pytest.raises(NoPicture, match=sentence):
        activations(lenet.net, lenet.model, torch.zeros(shape), name, sample=sample)


def test_missing_inputs_are_said(lenet: Trained) -> None:
    """Fails if a batch without the picture is a KeyError."""
    with pytest.raises(NoPicture, match=r"no digits\.image; it has other"):
        activations(lenet.net, lenet.model, {"other": lenet.images}, "conv1")
    with pytest.raises(NoPicture, match="reads 1 inputs, but 2 were given"):
        activations(lenet.net, lenet.model, (lenet.images, lenet.images), "conv1")


def test_each_module_keeps_its_own_mode(mlp: Trained) -> None:
    """Fails if looking switches Dropout on or off for the training that goes on, also after an error."""
    model = mlp.net.model(seed=0).train()
    model.get_submodule("dropout1").eval()
    modes = [module.training for module in model.modules()]
    activations(mlp.net, model, mlp.images, "fc2")
    assert [module.training for module in model.modules()] == modes

    def fail() -> None:
        with undisturbed(model):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [module.training for module in model.modules()] == modes


def test_what_is_seen_is_the_net_at_rest(mlp: Trained) -> None:
    """Fails if Dropout is on while looking, so that the same digit looks different each time."""
    model = mlp.net.model(seed=0).train()
    seen = [activations(mlp.net, model, mlp.images, "fc2").maps for _ in range(2)]
    assert np.array_equal(*seen)


def test_random_numbers_and_gradients_stay_as_they_were(mlp: Trained, untouched_random_numbers: None) -> None:
    """Fails if looking draws random numbers or leaves gradients behind."""
    model = mlp.net.model(seed=0)
    with undisturbed(model):
        torch.rand(3)
        nn.functional.dropout(torch.ones(5))
    activations(mlp.net, model, mlp.images, "fc2")
    assert all(parameter.grad is None for parameter in model.parameters())
