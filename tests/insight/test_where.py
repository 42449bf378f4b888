"""Ways to ask where an answer comes from, each next to the same thing written out in plain torch."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.insight.attribution import QUICK, side_by_side
from app.insight.explanation import Explanation, explain, with_random_top
from app.insight.tiles import NoPicture
from app.insight.where.gradcam import gradcam, last_maps
from app.insight.where.gradients import smoothgrad
from app.insight.where.lime import lime, pieces_of
from app.insight.where.method import PlaceMap, tiles
from app.insight.where.occlusion import occlusion, places
from app.insight.where.rectified import deconvolution, guided
from tests.insight.conftest import Trained
from tests.support.drawings import chain, node


@pytest.fixture(scope="module")
def asked(lenet: Trained) -> Explanation:
    return explain(lenet.net, lenet.model, lenet.images, None, 3, sample=4)


def gradient_by_hand(model: nn.Module, image: Tensor, channel: int) -> Tensor:
    image = image.clone().requires_grad_()
    (found,) = torch.autograd.grad(model(image)[:, channel].sum(), image)
    return found


def test_smoothgrad_is_the_mean_over_noisy_copies_one_by_one(asked: Explanation, lenet: Trained) -> None:
    """Fails if the map depends on how many copies go through at once, or noise is not measured by the picture."""
    found = smoothgrad(asked, samples=11, noise=0.2, seed=3).values
    image = lenet.images[4:5]
    generator = torch.Generator().manual_seed(3)
    span = float(image.max() - image.min())
    copies = [image + 0.2 * span * torch.randn(image.shape[1:], generator=generator) for _ in range(11)]
    by_hand = torch.cat([gradient_by_hand(lenet.model, each, 3) for each in copies]).mean(0).abs()
    assert torch.allclose(found, by_hand, atol=1e-5)


@pytest.mark.parametrize("way", ["guided", "deconv"])
def test_relus_hold_back_on_the_way_back(way: str, asked: Explanation, lenet: Trained) -> None:
    """Fails if a ReLU lets a negative signal through, or guided backpropagation forgets where the value was zero."""
    model = copy.deepcopy(lenet.model)

    def held_back(_module: nn.Module, came: tuple[Tensor, ...], arrived: tuple[Tensor, ...]) -> tuple[Tensor]:
        return (came[0].clamp(min=0) if way == "guided" else arrived[0].clamp(min=0),)

    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.register_full_backward_hook(held_back)  # type: ignore[arg-type]
    by_hand = gradient_by_hand(model, lenet.images[4:5], 3)[0]
    found = (guided if way == "guided" else deconvolution)(asked)
    assert torch.allclose(found.values, by_hand, atol=1e-6)
    plain = gradient_by_hand(lenet.model, lenet.images[4:5], 3)[0]
    assert not torch.allclose(found.values, plain, atol=1e-3), "it is no plain gradient"
    assert not any(each._backward_hooks or each._forward_hooks for each in lenet.model.modules())


def test_a_net_without_relus_is_not_guided() -> None:
    """Fails if saliency is sold under the name of guided backpropagation."""
    nodes = [
        node("digits", "Digits", size="8×8"),
        node("conv1", "Conv2d", out_channels=4),
        node("act", "LeakyReLU"),
        node("flatten", "Flatten"),
        node("fc1", "Linear", out_features=10),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [
        *chain("digits.image", "conv1", "act", "flatten", "fc1", "loss.prediction"),
        Wire("digits", "label", "loss", "target"),
    ]
    net = compile_net(Project("Leaky", graph=Graph.of(nodes, wires)))
    one = explain(net, net.model(0), torch.rand(1, 1, 8, 8))
    with pytest.raises(NoPicture, match="LeakyReLU stay as they are"):
        guided(one)


def test_gradcam_is_the_weighted_sum_of_the_maps(asked: Explanation, lenet: Trained) -> None:
    """Fails if weights are not mean gradients, negative places stay, or the layer is another."""
    assert last_maps(asked) == "conv2"
    kept: dict[str, Tensor] = {}
    model = copy.deepcopy(lenet.model)
    model.get_submodule("conv2").register_forward_hook(lambda _m, _i, out: kept.update(maps=out))
    score = model(lenet.images[4:5])[0, 3]
    (gradient,) = torch.autograd.grad(score, kept["maps"])
    small = (gradient.mean((2, 3), keepdim=True) * kept["maps"]).sum(1, keepdim=True).clamp(min=0)
    by_hand = nn.functional.interpolate(small, size=(32, 32), mode="bilinear", align_corners=False)[0]
    assert torch.allclose(gradcam(asked, "conv2").values, by_hand, atol=1e-6)
    with pytest.raises(NoPicture, match="no maps with several places"):
        gradcam(asked, "fc1")
    inner = replace(asked, node="conv1")
    with pytest.raises(NoPicture, match="does not depend on pool2"):
        gradcam(inner, "pool2")


def test_occlusion_covers_every_place_and_is_what_one_by_one_gives(asked: Explanation, lenet: Trained) -> None:
    """Fails if windows of a stride that does not divide the size leave the edge out, or batches mix up places."""
    assert places(32, 7, 5) == [0, 5, 10, 15, 20, 25]
    assert places(32, 6, 5) == [0, 5, 10, 15, 20, 25, 26]
    found = occlusion(asked, 6, 5).values[0]
    image = lenet.images[4:5]
    lost, times = torch.zeros(32, 32), torch.zeros(32, 32)
    with torch.no_grad():
        whole = lenet.model(image)[0, 3]
        for y in places(32, 6, 5):
            for x in places(32, 6, 5):
                covered = image.clone()
                covered[0, 0, y : y + 6, x : x + 6] = image.mean()
                lost[y : y + 6, x : x + 6] += whole - lenet.model(covered)[0, 3]
                times[y : y + 6, x : x + 6] += 1
    assert times.min() >= 1, "the edge is covered, too"
    assert torch.allclose(found, lost / times, atol=1e-4)
    with pytest.raises(NoPicture, match="does not fit"):
        occlusion(asked, 33, 4)


def test_lime_finds_what_a_linear_net_adds_up() -> None:
    """Fails if pieces are numbered with gaps, or a piece gets the credit of another: of a linear net every part is
    known."""
    nodes = [
        node("digits", "Digits", size="8×8"),
        node("flatten", "Flatten"),
        node("fc", "Linear", out_features=10),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [*chain("digits.image", "flatten", "fc", "loss.prediction"), Wire("digits", "label", "loss", "target")]
    net = compile_net(Project("Linear", graph=Graph.of(nodes, wires)))
    model = net.model(0)
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    before = torch.get_rng_state()
    one = explain(net, model, image, None, 2)
    found = lime(one, pieces=8, samples=400).values[0]
    assert torch.equal(torch.get_rng_state(), before)
    parts = torch.from_numpy(pieces_of(image[0].numpy(), 8))
    assert set(parts.flatten().tolist()) == set(range(int(parts.max()) + 1))
    weight = model.get_submodule("fc").weight.detach()[2].reshape(8, 8)
    truth = torch.stack(
        [(weight * (image[0, 0] - image.mean()))[parts == n].sum() for n in range(int(parts.max()) + 1)]
    )
    given = torch.stack([found[parts == n].mean() for n in range(int(parts.max()) + 1)])
    assert float(torch.corrcoef(torch.stack([truth, given]))[0, 1]) > 0.9


def test_random_layers_are_the_last_ones_and_the_trained_net_stays(asked: Explanation, lenet: Trained) -> None:
    """Fails if the sanity check changes the net of the student, or the wrong end of it."""
    before = {name: value.clone() for name, value in lenet.model.state_dict().items()}
    random = with_random_top(asked, 2)
    state = random.model.state_dict()
    changed = {name.split(".")[0] for name, value in state.items() if not torch.equal(value, before[name])}
    assert changed == {"fc2", "fc3"}
    assert all(torch.equal(value, before[name]) for name, value in lenet.model.state_dict().items())
    assert "random weights in fc2, fc3" in random.words
    with pytest.raises(NoPicture, match="There are 5 layers with weights up to fc3"):
        with_random_top(asked, 6)
    assert with_random_top(asked, 0) is asked


def test_a_few_places_do_not_take_the_colours_of_all_others(asked: Explanation) -> None:
    """Fails if a large map in which one place says a hundred times more than the rest is as good as white, does not say
    that colours end, or if a small map or an even one is cut."""
    values = torch.rand(1, 60, 60, generator=torch.Generator().manual_seed(0)) - 0.5
    even = tiles(asked, PlaceMap(values, True, "It is.", "{what}"))
    assert even.high == pytest.approx(float(values.abs().max()))
    assert "colours end" not in even.note
    values[0, 7, 7] = -50
    uneven = tiles(asked, PlaceMap(values, True, "It is.", "{what}"))
    assert uneven.high == -uneven.low == pytest.approx(float(values.abs().quantile(0.99)))
    assert float(uneven.maps.min()) == -50
    assert "colours end where 99 % of the places do; the farthest is −50" in uneven.note
    small = tiles(asked, PlaceMap(values[:, :20, :20], True, "It is.", "{what}"))
    assert small.high == 50


def test_random_layers_are_those_that_make_the_answer(lenet: Trained) -> None:
    """Fails if the check of a layer in the middle makes layers behind it random, which leave every map as it was."""
    asked = explain(lenet.net, lenet.model, lenet.images, "relu2", 3, sample=4)
    random = with_random_top(asked, 1)
    state, before = random.model.state_dict(), lenet.model.state_dict()
    assert {name.split(".")[0] for name in state if not torch.equal(state[name], before[name])} == {"conv2"}
    with pytest.raises(NoPicture, match="There are 2 layers with weights up to relu2"):
        with_random_top(asked, 3)


def test_several_stand_side_by_side_and_what_does_not_work_is_left_out(lenet: Trained) -> None:
    """Fails if one way that cannot be asked hides all others, or the maps cannot be told apart."""
    seen = side_by_side(explain(lenet.net, lenet.model, lenet.images, sample=2))
    assert len(seen) == len(QUICK)
    assert len({one.title.split(":")[0] for one in seen}) == len(QUICK)
    mlp = compile_net(load("mlp_digits"))
    fewer = side_by_side(explain(mlp, mlp.model(0), torch.rand(1, 1, 8, 8)))
    assert not any(one.title.startswith("Grad-CAM") for one in fewer)


def test_the_note_says_what_is_explained(asked: Explanation) -> None:
    """Fails if the explained answer is not the shown one."""
    one = tiles(asked, guided(asked))
    score = float(asked.model(asked.picture)[0, 3].detach())
    assert one.title == "fc3: what excites class 3"
    assert f"{score:.1f}"[:3] in one.note.replace("−", "-")
    assert np.isfinite(one.maps).all()
