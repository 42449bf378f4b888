"""Looking while the net trains must not change what it learns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import islice

import pytest
import torch
from torch import Tensor

from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.insight.activations import activations, activations_of
from app.insight.adversarial import attack
from app.insight.attribution import attribution
from app.insight.dream import dream
from app.insight.filters import filters
from app.insight.tiles import Tiles
from app.training.control import Control
from app.training.events import BatchDone, Finished, Probed
from app.training.loop import train
from app.training.training_view import TrainingView

RECIPE = Recipe(epochs=1, batch_size=128, seed=3, device="cpu")


def everything(view: TrainingView) -> list[object]:
    """Every picture there is."""
    assert view.validation is not None
    net, model, samples = view.net, view.model, view.validation
    return [
        filters(net, model, "fc1"),
        activations(net, model, samples, "dropout1"),
        activations_of(net, model, samples, ("fc1", "relu1", "fc2")),
        attribution(net, model, samples),
        attack(net, model, samples),
        list(islice(dream(net, model, "fc2", 3, steps=10), 4)),
    ]


def weights_after(look: Callable[[TrainingView], object] | None) -> tuple[dict[str, Tensor], list[object]]:
    """The weights after one epoch of a net with Dropout, and what was seen after every batch."""
    net = compile_net(load("mlp_digits"))
    model = net.model(RECIPE.seed)
    control = Control()
    seen: list[object] = []
    ended = False
    for event in train(net, RECIPE, control=control, model=model):
        if isinstance(event, BatchDone) and look is not None:
            control.ask(look)
        elif isinstance(event, Probed):
            assert event.sentence == ""
            seen.append(event.picture)
        ended = ended or isinstance(event, Finished)
    assert ended
    return dict(model.state_dict()), seen


def test_a_training_with_probes_learns_the_same_weights() -> None:
    """Fails if a probe draws random numbers (Dropout would follow), leaves gradients, or changes mode or weights."""
    plain, nothing = weights_after(None)
    probed, seen = weights_after(everything)
    assert nothing == []
    assert len(seen) >= 10
    assert all(torch.equal(plain[name], probed[name]) for name in plain)
    first, end = seen[0], seen[-1]
    assert isinstance(first, list)
    assert isinstance(end, list)
    assert isinstance(first[0], Tiles)
    assert not (first[0].maps == end[0].maps).all(), "it was a training, and its progress was seen"


def test_without_the_loops_own_care_it_is_the_same() -> None:
    """Fails if a probe relies on the training loop to put the random numbers back."""
    net = compile_net(load("mlp_digits"))
    model = net.model(seed=0).train()
    samples = {"digits.image": torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))}
    before = torch.get_rng_state()
    everything(TrainingView(net, model, samples, samples, 0))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("name", ["filters", "activations"])
def test_live_pictures_are_cheap(name: str) -> None:
    """Fails if the pictures that refresh all the time cost more than a few batches of training."""
    net = compile_net(load("lenet_digits"))
    model, images = net.model(seed=0), torch.rand(64, 1, 32, 32)

    def batch() -> None:
        sum(value.square().mean() for value in net.outputs(model(images)).values()).backward()

    def look() -> None:
        if name == "filters":
            filters(net, model, "conv1")
        else:
            activations(net, model, images[:1], "relu2")

    look()
    batch()
    shares = []
    for _ in range(15):
        begun = time.thread_time()  # of this thread alone: others may be busy meanwhile
        look()
        looked = time.thread_time()
        batch()
        shares.append((looked - begun) / (time.thread_time() - looked))
    assert statistics.median(shares) < 2
