"""Top samples, tuning, and the spread of values, next to the same worked out with plain torch and numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.tuning import GrowingHistogram, by_class, selectivity
from app.insight.unit_responses import ranked, responses
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from app.training.batches import divide
from tests.insight.conftest import Trained
from tests.support.drawings import chain, node


@pytest.fixture(scope="module")
def look(lenet: Trained) -> Look:
    """LeNet on digits, and its second convolution."""
    return Look(Subject(lenet.net, lenet.model, load_samples(lenet.net, lenet.net.plan.recipe)), "conv2")


@pytest.fixture(scope="module")
def held(lenet: Trained) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pictures and labels of the validation part, and their numbers."""
    recipe = lenet.net.plan.recipe
    from app.training.batches import load as load_data

    _, kept, _ = divide(lenet.net.plan, load_data(lenet.net.plan), recipe.validation, recipe.seed, recipe.test)
    return lenet.images[kept], lenet.labels[kept], kept


def conv2(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """What the second convolution of LeNet answers, written out."""
    with torch.no_grad():
        x = nn.functional.conv2d(images, model.conv1.weight, model.conv1.bias).relu()
        return nn.functional.conv2d(nn.functional.max_pool2d(x, 2), model.conv2.weight, model.conv2.bias)


def seen(look: Look, name: str, **settings: object) -> tuple[Tiles, ...]:
    """What a view gives in the end."""
    return views()[name].pictures(look, settings)


@pytest.mark.parametrize("which", ["highest", "lowest", "median"])
def test_patches_are_those_of_the_right_samples(
    look: Look, lenet: Trained, held: tuple[torch.Tensor, ...], which: str
) -> None:
    """Fails if another sample is shown, samples stand in another order, or a patch is cut at another place than where
    the unit answers most strongly."""
    images, labels, _ = held
    maps = conv2(lenet.model, images)
    unit = 5
    strongest, where = maps[:, unit].flatten(1).max(1)
    order = torch.sort(strongest, stable=True, descending=which != "lowest").indices
    middle = len(order) // 2
    order = order[middle - 4 : middle + 5] if which == "median" else order[:9]
    (tiles,) = seen(look, "top", unit=unit, which=which)
    assert tiles.maps.shape == (9, 14, 14)
    for patch, label, index in zip(tiles.maps, tiles.labels, order.tolist()):
        row, column = divmod(int(where[index]), maps.shape[3])
        expected = images[index, 0, 2 * row : 2 * row + 14, 2 * column : 2 * column + 14]
        assert np.array_equal(patch, expected.numpy())
        answer, _, name = label.partition(" · ")
        assert name == str(int(labels[index]))
        assert float(answer.replace("−", "-")) == pytest.approx(float(strongest[index]), abs=0.006)


def test_every_unit_has_its_row_and_whole_samples_are_whole(
    look: Look, held: tuple[torch.Tensor, ...], lenet: Trained
) -> None:
    """Fails if rows of units are mixed up, or "samples" still cuts them."""
    images = held[0]
    maps = conv2(lenet.model, images).flatten(2).max(2).values
    (tiles,) = seen(look, "top", count=3, cut="samples")
    assert tiles.columns == 3
    assert tiles.maps.shape == (16 * 3, 32, 32)
    for unit in (0, 7, 15):
        best = torch.sort(maps[:, unit], stable=True, descending=True).indices[:3]
        assert np.array_equal(tiles.maps[3 * unit : 3 * unit + 3], images[best, 0].numpy())


def test_a_fully_connected_unit_shows_whole_samples(look: Look, held: tuple[torch.Tensor, ...], lenet: Trained) -> None:
    """Fails if a unit without places is cut somewhere."""
    (tiles,) = seen(replace(look, node="fc3"), "top", unit=3, count=4)
    with torch.no_grad():
        best = torch.sort(lenet.model(held[0])[:, 3], stable=True, descending=True).indices[:4]
    assert np.array_equal(tiles.maps, held[0][best, 0].numpy())


def test_patches_at_the_edge_have_zeros_beyond_it() -> None:
    """Fails if a patch at the border is moved inside, so that the unit seems to look at something else."""
    nodes = [node("digits", "Digits", size="8×8"), node("conv1", "Conv2d", out_channels=2, kernel_size=5, padding=2)]
    nodes += [node("flatten", "Flatten"), node("fc", "Linear", out_features=10), node("loss", "CrossEntropyLoss")]
    wires = [
        *chain("digits.image", "conv1", "flatten", "fc", "loss.prediction"),
        Wire("digits", "label", "loss", "target"),
    ]
    net = compile_net(Project(graph=Graph.of(nodes, wires)))
    model = net.model(seed=0)
    model.conv1.weight.data.zero_()
    model.conv1.weight.data[:, :, 2, 2] = 0.001
    model.conv1.bias.data.zero_()
    samples = load_samples(net, net.plan.recipe)
    subject = Subject(net, model, samples)
    found = responses(subject, "conv1", "validation", "all")
    (tiles,) = seen(Look(subject, "conv1"), "top", unit=0, count=64, samples="all")
    rows = ranked(found, 0, "highest", 64)
    assert tiles.maps.shape[1:] == (5, 5)
    edges = 0
    for patch, row in zip(tiles.maps, rows):
        down, across = divmod(int(found.where[row, 0]), 8)
        for side, outside in ((patch[: max(0, 2 - down)], down < 2), (patch[:, : max(0, 2 - across)], across < 2)):
            edges += outside
            assert not side.any()
        assert patch[2, 2] == pytest.approx(1000 * found.best[row, 0], rel=1e-4)
    assert edges


def test_tuning_is_the_mean_over_each_class(look: Look, lenet: Trained, held: tuple[torch.Tensor, ...]) -> None:
    """Fails if samples are counted to another class, or a mean over places takes the place of the strongest."""
    images, labels, _ = held
    strongest = conv2(lenet.model, images).flatten(2).max(2).values.double()
    expected = torch.stack([strongest[labels == each].mean(0) for each in range(10)], dim=1).numpy()
    found = by_class(responses(look.subject, "conv2", "validation", 1000))[0]
    assert np.allclose(found, expected, atol=1e-6)
    (bars,) = seen(look, "tuning", unit=4)
    assert np.allclose(bars.maps[0, 0], expected[4], atol=1e-5)
    assert bars.labels == tuple("0123456789")
    (tiles,) = seen(look, "tuning")
    spread = expected - expected.mean(1, keepdims=True)
    assert np.allclose(tiles.maps[0].T, spread / np.abs(spread).max(1, keepdims=True), atol=1e-5)
    assert (tiles.x_label, tiles.maps.shape) == ("unit", (1, 10, 16)), "more units than classes lie across"


def test_a_unit_for_one_class_is_told_from_one_for_all() -> None:
    """Fails if a unit that answers alike to all classes, or not at all, is said to prefer one."""
    means = np.array([[0.0, 4.0, 0.0], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [1.0, 3.0, 1.0], [-3.0, -1.0, -3.0]])
    assert selectivity(means).tolist() == [1.0, 0.0, 0.0, 0.5, 0.0]


def test_the_spread_over_the_data_counts_every_value(
    look: Look, lenet: Trained, held: tuple[torch.Tensor, ...]
) -> None:
    """Fails if values are left out, mean, deviation or the share of zeros are wrong, or a dead unit is not told."""
    values = conv2(lenet.model, held[0]).relu()
    lines, bars = seen(replace(look, node="relu2"), "distribution")
    flat = values.double()
    assert lines.maps.sum() == pytest.approx(1.0, abs=1e-5)
    for word in (
        f"mean {flat.mean():.3g}",
        f"{100 * (flat == 0).double().mean():.1f} % are exactly 0",
        "359 validation",
    ):
        assert word in lines.note
    assert np.allclose(bars.maps[0, 0], (values > 0).double().mean((0, 2, 3)).numpy(), atol=1e-6)
    model = lenet.net.model(seed=0)
    model.load_state_dict(lenet.model.state_dict())
    model.conv2.weight.data[3] = 0
    model.conv2.bias.data[3] = -1
    model.conv2.bias.data[6] = 9
    dead = replace(look, node="relu2", subject=replace(look.subject, model=model))
    assert "1 of 16 units never do: 3." in seen(dead, "distribution")[1].note
    (top,) = seen(dead, "top", unit=3)
    assert "This unit is 0 for every one of them" in top.note


def test_a_histogram_that_grows_loses_nothing() -> None:
    """Fails if counts are lost or moved to the other side of 0 where a later value is larger than all before."""
    rng = np.random.default_rng(0)
    pieces = [rng.normal(0, scale, 2000) for scale in (0.01, 1.0, 37.0)] + [np.zeros(50)]
    spread, every = GrowingHistogram(), np.concatenate(pieces)
    for piece in pieces:
        spread.add(piece)
    expected, _ = np.histogram(every, spread.edges)
    assert spread.total == len(every)
    assert np.array_equal(spread.counts, expected)
    assert (spread.zeros, spread.low, spread.high) == (50, every.min(), every.max())
    assert spread.mean == pytest.approx(every.mean())
    assert spread.deviation == pytest.approx(every.std())


def test_fewer_samples_are_taken_evenly_and_said(look: Look) -> None:
    """Fails if only the first samples of sorted data are looked at, or nobody is told that there are more."""
    found = responses(look.subject, "conv2", "validation", 100)
    every = responses(look.subject, "conv2", "validation", "all")
    assert found.said == "100 of 359 validation samples"
    assert found.numbers[0] == every.numbers[0]
    assert found.numbers[-1] == every.numbers[-1]
    limited = responses(replace(look.subject, seconds=0.0), "conv2", "train", "all")
    assert 0 < len(limited.numbers) < limited.whole


@pytest.mark.parametrize(
    ("view", "name", "settings", "sentence"),
    [
        ("top", "conv2", {"unit": 16}, "conv2 has no unit 16; it has 16, numbered from 0 to 15"),
        ("tuning", "conv2", {"unit": 99}, "conv2 has no unit 99"),
        ("top", "loss", {}, "loss is a loss"),
        ("top", "conv2", {"part": "test"}, "Nothing is held out for a test part"),
        ("distribution", "conv9", {}, "no layer conv9"),
    ],
)
def test_what_cannot_be_shown_is_said(
    look: Look, view: str, name: str, settings: dict[str, object], sentence: str
) -> None:
    """Fails if a wrong number or layer is a traceback."""
    with pytest.raises(NoPicture, match=sentence):
        seen(replace(look, node=name), view, **settings)


def test_weights_that_ran_away_are_said(look: Look, lenet: Trained) -> None:
    """Fails if values that are no numbers are drawn as a blank picture."""
    model = lenet.net.model(seed=0)
    model.conv2.weight.data[0, 0, 0, 0] = torch.nan
    bad = replace(look, subject=replace(look.subject, model=model))
    for view in ("top", "tuning", "distribution"):
        with pytest.raises(NoPicture, match="smaller learning rate"):
            seen(bad, view)


def test_lists_of_numbers_are_named_where_there_are_no_pictures() -> None:
    """Fails if a net on a table has no top samples because they are no pictures, or if a net without data or classes
    gives anything but a sentence."""
    nodes = [node("iris", "Iris"), node("fc", "Linear", out_features=3), node("loss", "CrossEntropyLoss")]
    wires = [*chain("iris.x", "fc", "loss.prediction"), Wire("iris", "label", "loss", "target")]
    net = compile_net(Project(graph=Graph.of(nodes, wires)))
    look = Look(Subject(net, net.model(seed=0), load_samples(net, net.plan.recipe)), "fc")
    (tiles,) = seen(look, "top", unit=1, count=5)
    assert tiles.layout == "bars"
    assert sorted(tiles.maps.ravel().tolist(), reverse=True) == tiles.maps.ravel().tolist()
    bare = compile_net(
        Project(graph=Graph.of([node("x", "Input", shape=(4,)), node("fc", "Linear")], chain("x", "fc")))
    )
    with pytest.raises(NoPicture, match="No data comes out of x"):
        seen(Look(Subject(bare, bare.model(seed=0), Samples({}, ())), "fc"), "top")
