"""The search for a learning rate: where it ends, what it suggests, and that it leaves no trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.training.events import EpochDone
from app.training.loop import train
from app.training.lr_finder import FoundRate, RateTrial, find_lr
from app.training.numbers import plain_rate
from app.training.refusal import CannotTrain
from nodes.api import declared
from tests.training.nets import FAST, autoencoder, compiled, copy_of, linear_net, moody_net, only
from tests.training.test_gan import gan


def searched(project: Any, recipe: Recipe, **how: Any) -> tuple[list[RateTrial], FoundRate]:
    *tried, found = find_lr(compile_net(project), recipe, **how)
    assert isinstance(found, FoundRate)
    assert all(isinstance(each, RateTrial) for each in tried)
    return tried, found  # type: ignore[return-value]


def test_rates_grow_by_the_same_factor() -> None:
    """Fails if the rates are not spread evenly over the powers of ten, or the curve is not what was told."""
    tried, found = searched(linear_net(), FAST, lowest=1e-4, highest=1.0, steps=41)
    assert [each.lr for each in tried] == pytest.approx([1e-4 * 10 ** (place / 10) for place in range(len(tried))])
    assert found.points == tuple((each.lr, each.smoothed) for each in tried)
    mean = 0.0
    for place, each in enumerate(tried):
        mean = 0.9 * mean + 0.1 * each.loss
        assert each.smoothed == pytest.approx(mean / (1 - 0.9 ** (place + 1)))


@pytest.mark.parametrize("optimizer", declared.optimizers())
def test_the_suggested_rate_learns(optimizer: str) -> None:
    """Fails if what is suggested is far too small, or lets the training blow up."""
    net, recipe = compiled(moody_net()), replace(FAST, optimizer=optimizer, batch_size=64, epochs=3)
    _, found = searched(moody_net(), recipe)
    assert found.lr is not None
    assert f"{found.lr:g}" in found.sentence

    def loss_with(lr: float) -> float:
        done = only(train(net, replace(recipe, lr=lr)), EpochDone)
        return done[-1].metrics["val_loss"] if len(done) == 3 else float("inf")

    suggested = loss_with(found.lr)
    assert suggested < 1.3  # guessing: 2.3
    assert suggested < loss_with(found.lr / 300)


def test_it_ends_where_the_loss_blows_up() -> None:
    """Fails if it goes on to rates at which there is nothing to see."""
    tried, found = searched(load("mlp_digits"), replace(load("mlp_digits").recipe, optimizer="SGD"))
    assert len(tried) < tried[0].steps
    assert tried[-1].smoothed > tried[0].smoothed
    assert found.lr is not None
    assert found.lr < tried[-1].lr


@pytest.mark.parametrize("ends", ["whole", "closed"])
def test_nothing_of_it_stays(ends: str) -> None:
    """Fails if weights, running means, mode or random numbers are others than before."""
    net = compiled(moody_net())
    model = net.model(0).eval()
    before = copy_of(model)
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    events = find_lr(net, FAST, model=model)
    if ends == "whole":
        assert list(events)
    else:
        for _ in range(5):
            next(events)
        events.close()  # type: ignore[attr-defined]
    assert torch.equal(torch.rand(3), expected)
    assert not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_same_search_finds_the_same() -> None:
    """Fails if the search depends on anything but drawing, recipe and weights."""
    assert searched(moody_net(), FAST) == searched(moody_net(), FAST)


def test_schedule_and_stop_rule_of_the_recipe_do_not_disturb() -> None:
    """Fails if a warm-up or a schedule changes the rates that are tried."""
    recipe = replace(FAST, schedule="one-cycle", warmup=3, stopping="no-better", average=0.9)
    assert searched(moody_net(), recipe) == searched(moody_net(), FAST)


def test_where_nothing_falls_nothing_is_suggested() -> None:
    """Fails if noise is taken for learning."""
    _, found = searched(autoencoder(), FAST, lowest=1e-9, highest=1e-8)
    assert found.lr is None
    assert "Keep the one that is set" in found.sentence


def test_objectives_that_work_against_each_other_are_refused() -> None:
    """Fails if a rate is read off losses of which a lower one need not be better."""
    with pytest.raises(CannotTrain, match="by hand"):
        list(find_lr(compile_net(gan()), FAST))


@pytest.mark.parametrize(
    ("value", "plain"), [(0.0031, 0.003), (0.0095, 0.01), (1.0, 1.0), (4.4e-5, 5e-5), (8e-4, 7e-4)]
)
def test_rates_are_rounded_as_people_write_them(value: float, plain: float) -> None:
    """Fails if a rate is suggested with digits that mean nothing."""
    assert plain_rate(value) == plain
