"""The receptive field on a sample, the path of a pixel, and what layers cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.insight.cost import costs
from app.insight.pixel_path import changes, painted, path_pictures, pixels_of
from app.insight.receptive import field_of, sides_of, value_shape
from app.insight.receptive_pictures import middle
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from tests.insight.conftest import Trained
from tests.support.drawings import block_net, chain, node


@pytest.fixture(scope="module")
def look(lenet: Trained) -> Look:
    """LeNet on digits, its second convolution, and one sample."""
    return Look(Subject(lenet.net, lenet.model, load_samples(lenet.net, lenet.net.plan.recipe)), "conv2", 5)


def seen(where: Look, view: str, **settings: object) -> tuple[Tiles, ...]:
    """What a view gives."""
    return views()[view].pictures(where, settings)


def test_the_field_is_bright_on_the_sample(look: Look) -> None:
    """Fails if the field is drawn somewhere else than where the layer looks, or the size in the title is wrong."""
    field, used = seen(look, "receptive", row=2, column=7)
    assert field.title == "conv2 sees 14×14 of 32×32"
    assert field.note.startswith("This is its place 2, 7; the next one lies 2 further.")
    sample = look.batch["digits.image"][0, 0].numpy()
    assert np.array_equal(field.maps[0, 4:18, 14:28], sample[4:18, 14:28])
    outside = field.maps[0].copy()
    outside[4:18, 14:28] = 0.25 * sample[4:18, 14:28]
    assert np.allclose(outside, 0.25 * sample)
    assert used.maps[0].any()
    used.maps[0, 4:18, 14:28] = 0
    assert not used.maps[0].any()


def test_the_effective_field_is_the_mean_size_of_the_gradient(look: Look) -> None:
    """Fails if the sign of gradients cancels them, or another place, channel or sample is differentiated."""
    (_, used) = seen(look, "receptive", row=3, column=4, channel=6)
    images = look.subject.samples.fields["digits.image"][:16].clone().requires_grad_()
    model = look.model
    x = nn.functional.max_pool2d(nn.functional.conv2d(images, model.conv1.weight, model.conv1.bias).relu(), 2)
    value = nn.functional.conv2d(x, model.conv2.weight, model.conv2.bias)
    (gradient,) = torch.autograd.grad(value[:, 6, 3, 4].sum(), images)
    assert np.allclose(used.maps[0], gradient.abs()[:, 0].mean(0).numpy(), atol=1e-6)
    assert not any(parameter.grad is not None for parameter in model.parameters())


def test_the_middle_holds_what_it_says() -> None:
    """Fails if the stated part holds less than 95 %, or more than it needs."""
    weights = np.array([0.0, 0.01, 0.2, 0.5, 0.27, 0.02, 0.0])
    assert middle(weights) == (2, 4)
    assert middle(np.ones(4)) == (0, 3)


def test_lists_sequences_and_words_have_a_field_too() -> None:
    """Fails if a net that reads no picture has no receptive field, or one of words is differentiated."""
    nodes = [
        node("x", "Input", shape=(20, 3)),
        node("c", "Conv1d", kernel_size=5, out_channels=4),
        node("fc", "Linear", out_features=2),
    ]
    net = compile_net(Project(graph=Graph.of(nodes, chain("x", "c", "fc"))))
    fields = {"x.output": torch.randn(3, 20, 3)}
    (tiles,) = seen(Look(Subject(net, net.model(seed=0), Samples(fields, ("a",) * 3)), "fc"), "receptive", row=4)
    assert tiles.layout == "lines"
    assert np.flatnonzero(tiles.maps.ravel()).tolist() == [4, 5, 6, 7, 8]
    nodes = [
        node("w", "Input", shape=(9,), dtype="int"),
        node("e", "Embedding", embedding_dim=2),
        node("c", "Conv1d", kernel_size=3, out_channels=2),
    ]
    net = compile_net(Project(graph=Graph.of(nodes, chain("w", "e", "c"))))
    samples = Samples({"w.output": torch.zeros(1, 9, dtype=torch.long)}, ("a",))
    (tiles,) = seen(Look(Subject(net, net.model(seed=0), samples), "c"), "receptive", row=2)
    assert np.flatnonzero(tiles.maps.ravel()).tolist() == [2, 3, 4]
    assert "have no gradient" in tiles.note


@pytest.mark.parametrize(
    ("view", "settings", "sentence"),
    [
        ("receptive", {"row": 10}, "conv2 has no row 10; it has 10, counted from 0"),
        ("receptive", {"channel": 16}, "no channel 16; they are numbered from 0 to 15"),
        ("path", {"pixels": "3,4 40,1"}, "There is no pixel 40,1; there are 32×32"),
        ("path", {"pixels": "three"}, "'three' is no pixel. Write each as row,column"),
        ("path", {"pixels": "3"}, "is no pixel"),
    ],
)
def test_places_that_there_are_not_are_said(look: Look, view: str, settings: dict[str, object], sentence: str) -> None:
    """Fails if a place beyond the edge is a traceback, or another one is shown in its place."""
    with pytest.raises(NoPicture, match=sentence):
        seen(look, view, **settings)


def test_a_painted_pixel_changes_what_sees_it_and_nothing_else(look: Look) -> None:
    """Fails if a change is shown at a place whose receptive field does not hold the pixel, or on another scale."""
    sample = look.batch["digits.image"]
    other = sample.clone()
    place = (13, 14)
    low, high = float(sample.min()), float(sample.max())
    value = float(sample[0, 0, 13, 14])
    other[0, 0, 13, 14] = low if value - low > high - value else high
    for change in changes(look, [sample], [other]):
        expected = [look.net.capture(look.model, [each], [change.node])[change.node][0] for each in (sample, other)]
        assert np.allclose(change.after - change.before, (expected[1] - expected[0]).numpy(), atol=1e-6)
        wanted = float((expected[1] - expected[0]).norm() / expected[0].norm())
        assert change.share == pytest.approx(wanted, abs=1e-4)
        sides = sides_of(value_shape(look.net, change.node))
        if len(sides) != 2:
            continue
        for at in np.ndindex(*sides):
            rows, columns = field_of(look.net, look.model, change.node, at, look.net.plan.inputs[0]).inside
            sees = rows[0] <= place[0] <= rows[1] and columns[0] <= place[1] <= columns[1]
            assert change.places is not None
            assert sees or not change.places[at]
    painted_one, maps, bars = seen(replace(look, node=""), "path", pixels="13,14")
    assert painted_one.brush
    assert np.array_equal(painted_one.maps[0], other[0, 0].numpy())
    assert maps.labels[0] == "conv1: 5×5"
    assert maps.maps.shape[1:] == (32, 32)
    assert bars.labels[0] == "conv1"


def test_one_layer_shows_what_became_of_each_channel(look: Look) -> None:
    """Fails if the difference has the wrong sign, or channels are mixed up."""
    sample = look.batch["digits.image"]
    (_, maps, _) = path_pictures(look, "16,16 17,16", 3, "dark")
    other = painted(sample[0], [(16, 16), (17, 16)], 3, "dark")[None]
    assert (other != sample).sum() <= 12
    assert float(other[0, 0, 15:19, 15:18].max()) == float(sample.min())
    answers = [look.net.capture(look.model, [each], ["conv2"])["conv2"][0] for each in (sample, other)]
    assert np.allclose(maps.maps, (answers[1] - answers[0]).numpy(), atol=1e-6)


def test_brushes_stay_on_the_paper() -> None:
    """Fails if a brush at the edge wraps round to the other side, or paints one colour channel only."""
    value = torch.rand(3, 6, 6)
    changed = painted(value, [(0, 5)], 3, "bright")
    moved = (changed != value).any(0)
    assert moved.nonzero().tolist() == [[0, 4], [0, 5], [1, 4], [1, 5]]
    assert (changed[:, moved] == value.max()).all()
    assert pixels_of("", (6, 4)) == [(3, 2)]
    assert pixels_of(" 1,2; 3,3 ", (6, 4)) == [(1, 2), (3, 3)]


def test_costs_add_up_to_those_of_the_net(look: Look) -> None:
    """Fails if a layer is left out or counted twice, or multiply-adds are not half of the operations torch counts."""
    found, whole = costs(look, 2, False)
    model = look.model
    assert sum(each.parameters for each in found) == sum(parameter.numel() for parameter in model.parameters())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(look.batch["digits.image"])
    assert 2 * sum(each.multiply_adds for each in found) == counter.get_total_flops()
    conv1 = next(each for each in found if each.path == "conv1")
    assert conv1.memory == 4 * 6 * 28 * 28
    assert [each.path for each in found] == ["digits", *(step.name for step in look.net.plan.graph.steps)]
    assert all(each.milliseconds > 0 for each in found if each.path.startswith(("conv", "fc")))
    assert whole > 0
    four = seen(look, "cost")
    assert len(four) == 4
    assert sum(four[1].shares) == pytest.approx(1)
    (work,) = seen(look, "cost", what="multiply-adds")
    assert work.maps.ravel().tolist() == [each.multiply_adds for each in found]


def test_the_time_of_a_slow_layer_is_found() -> None:
    """Fails if the time of one layer is put down to another."""
    nodes = [node("x", "Input", shape=(8, 24, 24)), node("small", "Conv2d", kernel_size=1, out_channels=1)]
    nodes += [node("large", "Conv2d", kernel_size=7, out_channels=160, padding=3), node("relu", "ReLU")]
    net = compile_net(Project(graph=Graph.of(nodes, chain("x", "small", "large", "relu"))))
    look = Look(Subject(net, net.model(seed=0), Samples({"x.output": torch.rand(1, 8, 24, 24)}, ("a",))))
    found, _ = costs(look, 8, False)
    assert max(found, key=lambda each: each.milliseconds).path == "large"


def test_blocks_are_added_up_or_looked_into() -> None:
    """Fails if layers inside of blocks are lost, or a repeated one counts once."""
    net = compile_net(block_net(3))
    model = net.model(seed=0)
    look = Look(Subject(net, model, load_samples(net, net.plan.recipe)))
    whole, _ = costs(look, 1, False)
    apart, _ = costs(look, 1, True)
    every = sum(parameter.numel() for parameter in model.parameters())
    assert sum(each.parameters for each in whole) == sum(each.parameters for each in apart) == every
    assert any("/" in each.path for each in apart)
    assert not any("/" in each.path for each in whole)
    assert all(each.milliseconds > 0 for each in apart if each.multiply_adds)
