"""Class scores as per cent, compared with what numpy makes of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.insight.activations import activations
from app.insight.adversarial import attack
from app.insight.attribution import attribution
from app.insight.pictures import render
from app.insight.tiles import NoPicture, Tiles
from tests.insight.conftest import Trained
from tests.support.drawings import chain, node

IMAGE = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def ending(loss: str, *layers: str, outputs: int = 10, target: str = "digits.label", **settings: object) -> CompiledNet:
    """Digits, a fully connected layer, these layers named after their type, and a loss."""
    names = [name.lower() for name in layers]
    nodes = [
        node("digits", "Digits", size="8×8"),
        node("flatten", "Flatten"),
        node("fc1", "Linear", out_features=outputs),
    ]
    nodes += [node(name, kind) for name, kind in zip(names, layers)]
    wires = [*chain("digits.image", "flatten", "fc1", *names, "loss.prediction"), *chain(target, "loss.target")]
    return compile_net(Project(graph=Graph.of([*nodes, node("loss", loss, **settings)], wires)))


def seen(net: CompiledNet, name: str) -> tuple[Tiles, np.ndarray]:
    """The picture of a node, and the values that the model itself gives there."""
    model = net.model(seed=3)
    tiles = activations(net, model, IMAGE, name)
    scores = model.get_submodule("fc1")(IMAGE.flatten(1))[0].detach().double().numpy()
    return tiles, scores


def softmax(scores: np.ndarray) -> np.ndarray:
    made = np.exp(scores - scores.max())
    return made / made.sum()


@pytest.mark.parametrize(
    ("net", "name", "words"),
    [
        (ending("CrossEntropyLoss"), "fc1", "softmax"),
        (ending("NLLLoss", "LogSoftmax"), "fc1", "softmax"),
        (ending("NLLLoss", "LogSoftmax"), "logsoftmax", "exp"),
        (ending("CrossEntropyLoss", "Softmax"), "fc1", "softmax"),
    ],
)
def test_scores_are_told_as_per_cent_and_how(net: CompiledNet, name: str, words: str) -> None:
    """Fails if the per cents are not those of the softmax, or nobody says where they come from."""
    tiles, scores = seen(net, name)
    assert tiles.shares == pytest.approx(softmax(scores), abs=1e-6)
    assert tiles.shares_from == words
    best = int(scores.argmax())
    assert f"belongs to {best}. As per cent, by {words}: {best}: {100 * softmax(scores)[best]:.1f} %, " in tiles.note
    assert tiles.labels == tuple("0123456789")
    assert not tiles.percent


def test_probabilities_are_per_cent_themselves() -> None:
    """Fails if what a Softmax gives is taken for scores once more, or shown as 0.13 beside 13 %."""
    tiles, scores = seen(ending("CrossEntropyLoss", "Softmax"), "softmax")
    assert tiles.percent
    assert tiles.maps.reshape(-1) == pytest.approx(softmax(scores), abs=1e-6)
    assert tiles.shares == ()
    assert "one probability for each class" in tiles.title
    assert "softmax:" not in tiles.note
    assert (tiles.low, tiles.high) == (0.0, 1.0)


@pytest.mark.parametrize("net", [ending("HingeLoss"), ending("NLLLoss")])
def test_no_probabilities_are_made_up(net: CompiledNet) -> None:
    """Fails if margins, or scores that were meant to be logarithms and are none, are told as per cent."""
    tiles, _ = seen(net, "fc1")
    assert tiles.labels == tuple("0123456789")
    assert tiles.shares == ()
    assert "%" not in tiles.note


def test_hidden_values_are_no_per_cents(mlp: Trained) -> None:
    """Fails if any list of values is turned into probabilities."""
    tiles = activations(mlp.net, mlp.model, mlp.images, "fc1")
    assert not tiles.percent
    assert tiles.shares == ()


def test_equal_scores_prefer_no_class() -> None:
    """Fails if the first class is said to win where all are the same."""
    net = ending("CrossEntropyLoss")
    model = net.model(seed=0)
    with torch.no_grad():
        for value in model.parameters():
            value.zero_()
    tiles = activations(net, model, IMAGE, "fc1")
    assert "no class is preferred" in tiles.note
    assert tiles.shares == pytest.approx([0.1] * 10)


def test_an_attack_counts_probabilities_once() -> None:
    """Fails if the softmax of probabilities is told as their per cents."""
    for net, made in ((ending("CrossEntropyLoss", "Softmax"), ""), (ending("CrossEntropyLoss"), "softmax")):
        model = net.model(seed=3)
        scores = model.get_submodule("fc1")(IMAGE.flatten(1))[0].detach().double().numpy()
        found = attack(net, model, IMAGE)
        assert found.probability_before == pytest.approx(softmax(scores).max(), abs=1e-6)
        assert ("by softmax" in found.tiles().note) is bool(made)


def test_what_is_explained_is_told_as_per_cent(lenet: Trained) -> None:
    """Fails if an attribution names a score that nobody can judge."""
    scores = lenet.model(lenet.images[2:3])[0].detach().double().numpy()
    tiles = attribution(lenet.net, lenet.model, lenet.images, sample=2, method="saliency")
    share = 100 * softmax(scores).max()
    said = "over 99.9 %" if share >= 99.95 else f"{share:.1f} %"
    assert f"{said} by softmax" in tiles.note


def test_a_net_of_one_output_has_no_class_scores() -> None:
    """Fails if a regression to a number is attacked as if it had classes."""
    nodes = [node("digits", "Digits", size="8×8"), node("flatten", "Flatten"), node("fc1", "Linear", out_features=1)]
    wires = [*chain("digits.image", "flatten", "fc1", "loss.prediction"), Wire("digits", "label", "loss", "target")]
    net = compile_net(Project(graph=Graph.of([*nodes, node("loss", "MSELoss")], wires)))
    with pytest.raises(NoPicture, match="no class scores"):
        attack(net, net.model(seed=0), IMAGE)


def test_a_row_of_per_cents_is_drawn() -> None:
    """Fails if the written picture leaves the per cents out: it differs from one without them below the bars."""
    tiles, _ = seen(ending("CrossEntropyLoss"), "fc1")
    fields = {name: getattr(tiles, name) for name in tiles.__dataclass_fields__}
    without = Tiles(**{**fields, "shares": (), "shares_from": ""})
    assert render(tiles).shape[0] >= render(without).shape[0]
    assert not np.array_equal(render(tiles)[: render(without).shape[0]], render(without))


def test_templates_with_classes_have_per_cents() -> None:
    """Fails if the drawing that everybody begins with shows scores alone."""
    net = compile_net(load("mlp_digits"))
    tiles = activations(net, net.model(seed=0), IMAGE, "fc2")
    assert sum(tiles.shares) == pytest.approx(1)
