"""Weights as numbers and filters in other orders and in the space of the input, next to torch and numpy."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.graph.recipe import Recipe
from app.insight.filters import filters
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from app.training.checkpoints import load_run, weights_at
from app.training.events import Finished
from app.training.loop import train
from tests.insight.conftest import Trained
from tests.support.drawings import chain, node, small_net


def numbers(said: str) -> list[float]:
    """The numbers in a sentence."""
    return [float(each.replace("−", "-").replace(",", "")) for each in re.findall(r"[−-]?\d[\d,]*\.?\d*", said)]


def shown(trained: Trained, name: str, **settings: object) -> tuple[Tiles, ...]:
    """What the view gives of a layer."""
    return views()["histogram"].pictures(Look(Subject(trained.net, trained.model, Samples({}, ())), name), settings)


def test_a_histogram_counts_every_weight(lenet: Trained) -> None:
    """Fails if the largest weight falls out of the last bin, or weights and biases are mixed up."""
    lines, _ = shown(lenet, "conv2")
    assert lines.labels == ("weight", "bias")
    assert lines.at is not None
    half = (lines.at[1] - lines.at[0]) / 2
    edges = np.append(lines.at - half, lines.at[-1] + half)
    for row, values in zip(lines.maps[:, 0], (lenet.model.conv2.weight, lenet.model.conv2.bias)):
        expected = np.histogram(values.detach().numpy(), len(lines.at), (edges[0], edges[-1]))[0] / values.numel()
        assert np.allclose(row, expected, atol=2 / values.numel())
        assert row.sum() == pytest.approx(1, abs=1e-5)


def test_norms_and_the_spectrum_are_those_of_torch(lenet: Trained) -> None:
    """Fails if a norm, the rank or a singular value is another than torch's."""
    lines, spectrum = shown(lenet, "conv2")
    weight = lenet.model.conv2.weight.detach()
    said = lines.note.split("bias")[0]
    assert f"norm {float(weight.norm()):.3g}"[:9] in said
    assert f"deviation {float(weight.std(correction=0)):.3g}"[:14] in said
    singular = torch.linalg.svdvals(weight.flatten(1).double())
    assert np.allclose(spectrum.maps[0, 0], singular.numpy(), atol=1e-5)
    rank = int(torch.linalg.matrix_rank(weight.flatten(1)))
    assert f"rank {rank} of 16" in spectrum.note
    shares = singular / singular.sum()
    assert f"effective rank {float(torch.exp(-(shares * shares.log()).sum())):.1f}" in spectrum.note


def test_a_matrix_of_low_rank_is_found_out() -> None:
    """Fails if noise of rounding counts as rank, or a layer of zeros is an error."""
    nodes = [
        node("x", "Input", shape=(20,)),
        node("fc", "Linear", out_features=12),
        node("fc2", "Linear", out_features=4),
    ]
    net = compile_net(Project(graph=Graph.of(nodes, chain("x", "fc", "fc2"))))
    model = net.model(seed=0)
    torch.manual_seed(0)
    model.fc.weight.data = torch.randn(12, 3) @ torch.randn(3, 20)
    model.fc2.weight.data.zero_()
    assert "rank 3 of 12" in shown(Trained(net, model, torch.empty(0), torch.empty(0)), "fc")[1].note
    assert (
        "rank 0 of 4, effective rank 0.0" in shown(Trained(net, model, torch.empty(0), torch.empty(0)), "fc2")[1].note
    )


def test_two_epochs_of_a_run_are_compared(tmp_path: Path) -> None:
    """Fails if another epoch, or another layer of it, stands beside the weights, or if distance and cosine are not
    between these two."""
    net = compile_net(small_net())
    *_, end = train(net, Recipe(epochs=2, seed=1, device="cpu"), out=tmp_path)
    assert isinstance(end, Finished)
    run = load_run(tmp_path)
    look = Look(Subject(run.net, run.model, Samples({}, ()), folder=tmp_path), "fc1")
    lines, spectrum = views()["histogram"].pictures(look, {"against": 0})
    assert lines.labels == ("weight", "weight, epoch 0", "bias", "bias, epoch 0")
    old, new = weights_at(tmp_path, 0)["fc1.weight"], run.model.fc1.weight.detach()
    said = lines.note.split("bias")[0]
    assert f"cosine {float(nn.functional.cosine_similarity(old.flatten(), new.flatten(), dim=0)):.3f}" in said
    away = next(value for value in numbers(said.split("deviation")[1].split("norm")[1]) if value)
    assert away == pytest.approx(float(new.norm()), rel=0.01)
    assert any(abs(value - float((old - new).norm())) < 0.01 * value for value in numbers(said) if value)
    assert np.allclose(spectrum.maps[1, 0], torch.linalg.svdvals(old).numpy(), atol=1e-4)
    with pytest.raises(NoPicture, match=r"Epoch 77 of .* was not kept"):
        views()["histogram"].pictures(look, {"against": 77})
    with pytest.raises(NoPicture, match="Only a run"):
        views()["histogram"].pictures(Look(Subject(run.net, run.model, Samples({}, ())), "fc1"), {"against": 0})


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("relu1", {}, "relu1 .ReLU. has no weights"),
        ("conv1", {"weight": "gain"}, "has no weight gain; it has weight, bias"),
    ],
)
def test_a_layer_without_weights_says_so(lenet: Trained, name: str, settings: dict[str, object], sentence: str) -> None:
    """Fails if there is an empty plot."""
    with pytest.raises(NoPicture, match=sentence):
        shown(lenet, name, **settings)


def test_one_value_is_a_histogram_too() -> None:
    """Fails if weights that are all alike have no width to be drawn on."""
    nodes = [node("x", "Input", shape=(3, 4, 4)), node("bn", "BatchNorm2d")]
    net = compile_net(Project(graph=Graph.of(nodes, chain("x", "bn"))))
    found = shown(Trained(net, net.model(seed=0), torch.empty(0), torch.empty(0)), "bn")
    assert len(found) == 1  # a list is no matrix
    assert found[0].maps.sum(-1).ravel().tolist() == [1, 1]


def test_filters_stand_in_the_order_that_is_asked_for(lenet: Trained) -> None:
    """Fails if maps are moved without their numbers, or another measure than their length decides."""
    weight = lenet.model.conv1.weight.detach()
    tiles = filters(lenet.net, lenet.model, "conv1", sort="norm")
    ranks = weight.flatten(1).norm(dim=1).argsort(descending=True)
    assert tiles.labels == tuple(str(int(rank)) for rank in ranks)
    assert np.array_equal(tiles.maps, weight[ranks, 0].numpy())
    tiles = filters(lenet.net, lenet.model, "conv2", sort="similar")
    rows = nn.functional.normalize(lenet.model.conv2.weight.detach().flatten(1).double(), dim=1)
    order = [int(each) for each in numbers(tiles.note)[:16]]
    assert sorted(order) == list(range(16))
    for place in range(15):
        left = order[place + 1 :]
        assert order[place + 1] == max(left, key=lambda each: float(rows[order[place]] @ rows[each]))
    assert np.array_equal(tiles.maps.reshape(6, 16, 5, 5)[2], lenet.model.conv2.weight.detach()[order, 2].numpy())
    with pytest.raises(NoPicture, match="no filters that could be put in order"):
        filters(lenet.net, lenet.model, "conv1", weight="bias", sort="norm")


def test_deep_filters_in_the_space_of_the_input_are_the_kernels_composed(lenet: Trained) -> None:
    """Fails if the picture of a deep unit is not what its kernels make of a picture when nothing is held back."""
    tiles = filters(lenet.net, lenet.model, "conv2", show="input")
    assert tiles.maps.shape == (16, 14, 14)
    model = lenet.model
    torch.manual_seed(0)
    patch = torch.rand(1, 1, 14, 14)
    with torch.no_grad():
        x = nn.functional.conv2d(patch, model.conv1.weight)
        expected = nn.functional.conv2d(nn.functional.avg_pool2d(x, 2), model.conv2.weight)[0, :, 0, 0]
    found = (torch.from_numpy(tiles.maps) * patch[0]).sum((1, 2))
    assert torch.allclose(found, expected, atol=1e-4)
    assert np.allclose(filters(lenet.net, lenet.model, "conv1", show="input").maps, model.conv1.weight.detach()[:, 0])
    first = filters(lenet.net, lenet.model, "fc3", show="input")
    assert first.maps.shape == (10, 32, 32)
