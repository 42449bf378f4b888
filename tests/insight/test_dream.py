"""Dreams: they rise, they are what they claim to be, and they disturb nobody."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import islice, pairwise
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch
from torch import nn

from app.core import heap
from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.plan import PlanInput
from app.core.graph.model import Graph, Project, Wire
from app.insight.anatomy import picture_input
from app.insight.dream import DreamStep, dream
from app.insight.dream import objective as parts
from app.insight.dream.parametrisation import Kind, noise, parametrised
from app.insight.dream.stages import stages
from app.insight.dream.transforms import in_turn, jitter, pad, turn_and_scale, usual
from app.insight.pictures import render
from app.insight.tiles import NoPicture
from nodes.api import Shape
from tests.insight.conftest import Trained
from tests.support.drawings import block_net, chain, node


def last(steps: Iterator[DreamStep]) -> tuple[DreamStep, DreamStep]:
    """The first and the last step."""
    every = list(steps)
    return every[0], every[-1]


def said(model: nn.Module, image: np.ndarray) -> torch.Tensor:
    """The probabilities that a net of one channel gives a picture."""
    with torch.no_grad():
        return model.eval()(torch.from_numpy(image)[None, None]).softmax(1)[0]


@pytest.mark.parametrize("digit", [0, 3, 8])
def test_the_dream_of_a_digit_is_read_as_that_digit(lenet: Trained, digit: int) -> None:
    """Fails if the climb goes down, is misled by its penalties, or dreams of another class."""
    shares = []
    for seed in range(3):
        start, end = last(dream(lenet.net, lenet.model, "fc3", digit, steps=48, seed=seed))
        assert end.score > start.score + 10
        with torch.no_grad():
            answer = float(lenet.model(torch.from_numpy(end.image)[None, None])[0, digit])
        assert end.score == pytest.approx(answer, rel=1e-4), "the score belongs to this very picture"
        shares.append(float(said(lenet.model, end.image)[digit]))
    assert sum(share > 0.95 for share in shares) >= 2, shares


def test_a_picture_of_8_by_8_dots_is_large_enough(mlp: Trained) -> None:
    """Fails if the shakes, made for photographs, push a tiny picture out of its frame."""
    shares = []
    for digit in range(10):
        start, end = last(dream(mlp.net, mlp.model, "fc2", digit, steps=64))
        assert end.image.shape == (8, 8)
        assert end.score > start.score
        shares.append(float(said(mlp.model, end.image)[digit]))
    assert sum(share > 0.8 for share in shares) >= 8, shares


@pytest.mark.parametrize(("name", "channel"), [("conv1", 2), ("relu2", 5), ("pool2", 4), ("fc1", 3), ("conv2", None)])
def test_channels_and_whole_layers_rise(lenet: Trained, name: str, channel: int | None) -> None:
    """Fails if only class scores can be dreamt of."""
    start, end = last(dream(lenet.net, lenet.model, name, channel, steps=24))
    assert end.score > start.score + 0.2


def test_every_picture_can_be_shown(lenet: Trained) -> None:
    """Fails if a step is missing, a value leaves 0..1, or pictures share their memory."""
    steps = list(dream(lenet.net, lenet.model, "fc3", 1, steps=6))
    assert [step.step for step in steps] == list(range(7))
    for step in steps:
        assert step.steps == 6
        assert step.image.dtype == np.float32
        assert step.image.shape == (32, 32)
        assert 0 <= step.image.min() <= step.image.max() <= 1
        assert np.isfinite(step.score)
    assert not any(np.shares_memory(a.image, b.image) for a, b in pairwise(steps))
    assert not np.array_equal(steps[0].image, steps[-1].image)


def test_the_same_seed_dreams_the_same(lenet: Trained) -> None:
    """Fails if a dream depends on anything but its arguments, such as what was drawn from torch before."""
    first = [step.image for step in dream(lenet.net, lenet.model, "fc3", 5, steps=5, seed=3)]
    torch.rand(7)
    again = [step.image for step in dream(lenet.net, lenet.model, "fc3", 5, steps=5, seed=3)]
    other = [step.image for step in dream(lenet.net, lenet.model, "fc3", 5, steps=5, seed=4)]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[-1], other[-1])


def test_a_dream_leaves_no_trace(mlp: Trained, untouched_random_numbers: None) -> None:
    """Fails if dreaming changes mode, gradients, requires_grad or weights of the model it was given."""
    model = mlp.net.model(seed=0).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for _ in islice(dream(mlp.net, model, "fc2", 1, steps=20), 5):
        pass
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_dream_keeps_the_heap_and_gives_it_back(mlp: Trained) -> None:
    """Fails if the memory of each step goes back to the system, or is kept after a dream that nobody looks at."""
    steps = cast(Generator[DreamStep], dream(mlp.net, mlp.model, "fc2", 3, steps=4))
    next(steps)
    assert len(heap._entered) == 1
    steps.close()
    assert heap._entered == []


def test_a_training_that_goes_on_does_not_change_the_dream(mlp: Trained) -> None:
    """Fails if the dream uses the live weights, which change under its feet."""
    expected = [step.image for step in dream(mlp.net, mlp.model, "fc2", 1, steps=6)]
    model = mlp.net.model(seed=0)
    model.load_state_dict(mlp.model.state_dict())
    seen = []
    for step in dream(mlp.net, model, "fc2", 1, steps=6):
        seen.append(step.image)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(-1.0)
    assert all(np.array_equal(a, b) for a, b in zip(seen, expected, strict=True))


def test_a_dream_may_begin_with_a_picture(lenet: Trained) -> None:
    """Fails if the picture is not where the climb begins, or is washed away at once."""
    seven = lenet.images[7].numpy()
    steps = list(dream(lenet.net, lenet.model, "fc3", 2, seven, steps=16))
    assert np.abs(steps[0].image - seven[0]).max() < 0.03
    assert np.corrcoef(steps[4].image.ravel(), seven.ravel())[0, 1] > 0.7
    assert steps[-1].score > steps[0].score + 5
    with pytest.raises(NoPicture, match=r"reads a picture \(1, 32, 32\).*is \(3, 32, 32\)"):
        next(dream(lenet.net, lenet.model, "fc3", 2, np.zeros((3, 32, 32), np.float32)))


def test_a_black_picture_is_a_start_too(lenet: Trained) -> None:
    """Fails if values of exactly 0 or 1 become infinite."""
    for value in (0.0, 1.0):
        start, end = last(dream(lenet.net, lenet.model, "fc3", 2, np.full((1, 32, 32), value, np.float32), steps=8))
        assert np.isfinite(end.image).all()
        assert end.score > start.score


def test_calm_keeps_the_ground_dark_and_the_strokes_clean(lenet: Trained) -> None:
    """Fails if grain and needless brightness are asked for instead of held down."""
    (_, calm), (_, wild) = (last(dream(lenet.net, lenet.model, "fc3", 3, steps=64, calm=much)) for much in (1.0, 0.0))

    def grain(image: np.ndarray) -> float:
        return float(np.abs(np.diff(image, axis=0)).mean() + np.abs(np.diff(image, axis=1)).mean())

    assert grain(calm.image) < grain(wild.image)
    assert calm.image.mean() < wild.image.mean() - 0.05
    assert calm.score > 0.7 * wild.score


# What cannot be dreamt of


def test_a_dead_unit_is_called_dead(lenet: Trained) -> None:
    """Fails if a unit that never answers gives a grey picture, or NaN, without a word."""
    model = lenet.net.model(seed=0)
    with torch.no_grad():
        model.get_parameter("conv1.bias")[1] = -1000.0
    with pytest.raises(NoPicture, match=r"relu1, channel 1, answers the same .* it is dead\. Choose another channel"):
        next(dream(lenet.net, model, "relu1", 1))
    assert next(dream(lenet.net, model, "relu1", 0)).score >= 0


def test_a_unit_that_sleeps_at_first_is_woken(lenet: Trained) -> None:
    """Fails if a unit that is silent for grey, but not for everything, is called dead."""
    model = lenet.net.model(seed=0)
    with torch.no_grad():
        weight = model.get_parameter("conv1.weight")
        weight[0] = -1.0
        weight[0, 0, 2, 2] = 24.0
        model.get_parameter("conv1.bias")[0] = -4.0
    start, end = last(dream(lenet.net, model, "relu1", 0, steps=8))
    assert end.score > start.score


def test_weights_that_ran_away_are_said(lenet: Trained) -> None:
    """Fails if the dream of a ruined net is a picture of nothing."""
    model = lenet.net.model(seed=0)
    with torch.no_grad():
        model.get_parameter("conv2.weight").fill_(float("nan"))
    with pytest.raises(NoPicture, match=r"not numbers.*smaller learning rate"):
        next(dream(lenet.net, model, "fc3", 0))


@pytest.mark.parametrize(
    ("name", "channel", "sentence"),
    [
        ("fc3", 10, "no channel 10; it has 10, numbered from 0"),
        ("conv1", -1, "no channel -1"),
        ("conv9", 0, "no layer conv9"),
        ("digits", None, "where data enters"),
        ("loss", None, "loss is a loss"),
    ],
)
def test_what_does_not_exist_is_said(lenet: Trained, name: str, channel: int | None, sentence: str) -> None:
    """Fails if a wrong name or number is an IndexError."""
    with pytest.raises(NoPicture, match=sentence):
        next(dream(lenet.net, lenet.model, name, channel))


def test_a_layer_that_does_not_read_the_picture_is_said() -> None:
    """Fails if a second branch of the drawing, fed by something else, is climbed in vain."""
    every = [
        node("picture", "Input", shape=(1, 8, 8)),
        node("more", "Input", shape=(4,)),
        node("flatten", "Flatten"),
        node("side", "Linear", out_features=3),
        node("concat1", "Concat"),
    ]
    wires = [*chain("picture", "flatten", "concat1.xs"), *chain("more", "side", "concat1.xs")]
    net = compile_net(Project("Two", graph=Graph.of(every, wires)))
    model = net.model(seed=0)
    with pytest.raises(NoPicture, match=r"side does not depend on picture\. Choose a layer that reads it"):
        next(dream(net, model, "side", 0))
    assert last(dream(net, model, "concat1", 5, steps=4))[1].score > 0.5


def test_words_cannot_be_dreamt_of() -> None:
    """Fails if a net that reads whole numbers is climbed as if they could change a little."""
    words = PlanInput("words", "words", "output", Shape((5,), "int"))
    net = cast("CompiledNet", SimpleNamespace(plan=SimpleNamespace(inputs=(words,))))
    with pytest.raises(NoPicture, match="reads no picture and no list of numbers"):
        picture_input(net)


# Other nets


def coloured_net() -> tuple[CompiledNet, nn.Module]:
    """Blocks on pictures of three colours."""
    net = compile_net(block_net())
    return net, net.model(seed=0)


def test_colours_and_blocks(untouched_random_numbers: None) -> None:
    """Fails if three channels, batch norm, or a node inside a block cannot be dreamt of."""
    net, model = coloured_net()
    for path in ("second/conv", "sum1"):
        start, end = last(dream(net, model, path, 3, steps=16))
        assert end.image.shape == (12, 12, 3)
        assert end.score > start.score
    assert end.image.std(axis=2).mean() > 0.01, "it is not grey"


def test_a_net_that_reads_a_list_dreams_a_row() -> None:
    """Fails if only pictures can be changed."""
    every = [node("numbers", "Input", shape=(12,)), node("fc1", "Linear", out_features=3)]
    wires = [Wire("numbers", "output", "fc1", "x")]
    net = compile_net(Project("List", graph=Graph.of(every, wires)))
    start, end = last(dream(net, net.model(seed=0), "fc1", 1, steps=8))
    assert end.image.shape == (1, 12)
    assert end.score > start.score


# The parts


@pytest.mark.parametrize("kind", ["pixels", "frequencies"])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 9, 7), (1, 5, 12), (3, 32, 32), (4, 6, 6), (7,)])
def test_a_picture_written_down_is_the_picture(kind: Kind, shape: tuple[int, ...]) -> None:
    """Fails if a start image comes back changed: wrong inverse of the sigmoid, the colours or the frequencies."""
    start = noise(shape, 0.5, 0.2, torch.Generator().manual_seed(0)).clamp(0.05, 0.95)
    assert torch.allclose(parametrised(kind, start).picture()[0], start, atol=1e-4)


def test_frequencies_change_broad_forms_first() -> None:
    """Fails if the weight of 1/f is lost and the dream is all grain."""
    start = torch.full((1, 16, 16), 0.5)
    target = torch.zeros(1, 16, 16)
    target[:, :, :8] = 1.0  # one broad edge, and grain on it
    target += 0.3 * torch.randn(16, 16, generator=torch.Generator().manual_seed(1))

    def roughness_after(kind: Kind) -> float:
        written = parametrised(kind, start)
        (written.picture()[0] * (target - target.mean())).sum().backward()
        assert written.numbers.grad is not None
        with torch.no_grad():
            written.numbers += 0.5 * written.numbers.grad / written.numbers.grad.norm()
            picture = written.picture()
            return float(parts.roughness()({}, picture)[0] / picture.std())

    assert roughness_after("frequencies") < 0.8 * roughness_after("pixels")


@pytest.mark.parametrize("size", [(8, 8), (4, 9), (32, 32), (224, 224), (3, 3), (1, 1)])
def test_shakes_keep_size_and_range(size: tuple[int, int]) -> None:
    """Fails if the net gets a picture of another size, or values beyond 0..1."""
    pictures = torch.rand(3, 2, *size, generator=torch.Generator().manual_seed(0))
    shaken = usual(*size)(pictures, torch.Generator().manual_seed(1))
    assert shaken.shape == pictures.shape
    assert shaken.min() >= 0
    assert shaken.max() <= 1
    again = usual(*size)(pictures, torch.Generator().manual_seed(1))
    assert torch.equal(shaken, again)


def test_shakes_are_small_and_different() -> None:
    """Fails if a digit is pushed out of its frame, or all copies are shaken alike."""
    spot = torch.zeros(64, 1, 16, 16)
    spot[:, :, 6:10, 6:10] = 1.0
    shaken = usual(16, 16)(spot, torch.Generator().manual_seed(0))
    rows = (shaken.sum((1, 3)) * torch.arange(16)).sum(1) / shaken.sum((1, 2, 3))
    assert (rows - 7.5).abs().max() < 2.0
    assert rows.std() > 0.3
    assert shaken.sum((1, 2, 3)).min() > 10


def test_turning_by_nothing_changes_nothing() -> None:
    """Fails if resampling is off by half a pixel."""
    picture = torch.rand(2, 1, 7, 10, generator=torch.Generator().manual_seed(0))
    still = in_turn((pad(2), turn_and_scale(0.0, 0.0), jitter(0)))(picture, torch.Generator())
    assert torch.allclose(still[..., 2:-2, 2:-2], picture, atol=1e-5)


def test_turning_keeps_proportions() -> None:
    """Fails if a picture that is not square is sheared when it is turned."""
    disc = torch.zeros(1, 1, 20, 40)
    rows, columns = torch.meshgrid(torch.arange(20) - 9.5, torch.arange(40) - 19.5, indexing="ij")
    disc[0, 0] = (rows**2 + columns**2 < 49).float()
    turned = turn_and_scale(60.0, 0.0)(disc, torch.Generator().manual_seed(5))
    assert (turned - disc).abs().mean() < 0.02


def test_objectives_can_be_added_and_scaled() -> None:
    """Fails if a sum forgets a node or a factor."""
    value = torch.tensor([[1.0, 2.0, 5.0]])
    both = 2.0 * parts.unit("a", 2) + parts.unit("b", 0) * -1.0
    assert both.nodes == {"a", "b"}
    assert both({"a": value, "b": value}, value).item() == pytest.approx(2 * 5 - 1)


def test_a_map_counts_by_its_strongest_quarter() -> None:
    """Fails if the score of a channel is not what its docstring says."""
    maps = torch.arange(32.0).reshape(1, 2, 4, 4)
    assert parts.unit("a", 0)({"a": maps}, maps).item() == pytest.approx((12 + 13 + 14 + 15) / 4)
    sequence = torch.arange(16.0).reshape(1, 8, 2)
    assert parts.unit("a", 1)({"a": sequence}, sequence).item() == pytest.approx((13 + 15) / 2)


def test_rivals_leave_the_class_itself_out() -> None:
    """Fails if a class is held down by its own score."""
    scores = torch.tensor([[1.0, 9.0, 2.0]])
    expected = torch.tensor([1.0, 2.0]).logsumexp(0)
    assert parts.rivals("a", 1)({"a": scores}, scores).item() == pytest.approx(expected.item())


def test_stages_show_the_first_and_the_last(lenet: Trained) -> None:
    """Fails if the picture on paper ends before the dream does."""
    steps = list(dream(lenet.net, lenet.model, "fc3", 4, steps=20))
    tiles = stages(steps, "A dream")
    assert tiles.count == 6
    assert np.array_equal(tiles.maps[0], steps[0].image)
    assert np.array_equal(tiles.maps[-1], steps[-1].image)
    assert tiles.labels[-1].startswith("step 20, score ")
    assert stages(steps[:1], "One").count == 1
    assert render(tiles).shape[1] == 960
