"""A Wasserstein judge with a gradient penalty, as drawn and by hand in plain torch."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from app.core.graph.model import Graph, Project
from app.training import batches
from app.training.control import Control
from app.training.events import BatchDone, Failed, Finished
from app.training.loop import train
from nodes.modules.between import Between
from nodes.modules.gradient_penalty import GradientPenalty
from tests.support.drawings import chain, node
from tests.support.gan import gan
from tests.training.nets import compiled, same_weights
from tests.training.test_gan import trainer_of

WEIGHT = 10.0


def wasserstein(steps: int = 1, at: str = "points") -> Project:
    """The pair of digits with Wasserstein losses and a penalty for the slope between real and made digits."""
    pair = gan(16)
    kept = [
        each for name, each in pair.graph.nodes.items() if name not in ("yes", "no", "judge_real", "judge_made", "fool")
    ]
    of_judge: dict[str, Any] = {"updates": ("judge",), "steps": steps}
    added = [
        node("points", "Between"),
        replace(node("third", "block:judge"), shares="judge"),
        node("high", "WassersteinLoss", **of_judge),
        node("low", "WassersteinLoss", wanted="low", updates=("judge",)),
        node("penalty", "GradientPenalty", weight=WEIGHT, updates=("judge",)),
        node("fool", "WassersteinLoss", updates=("generator",)),
    ]
    names = {each.name for each in kept}
    wires = [wire for wire in pair.graph.wires if wire.source in names and wire.target in names]
    wires += [*chain("real", "points.x"), *chain("generator.image", "points.other"), *chain("points", "third.image")]
    wires += [
        *chain("judge.score", "high.score"),
        *chain("again.score", "low.score"),
        *chain("again.score", "fool.score"),
    ]
    wires += [*chain("third.score", "penalty.score"), *chain(at, "penalty.at")]
    return replace(pair, graph=Graph.of([*kept, *added], wires))


def slope_penalty(judge: nn.Module, points: Tensor) -> Tensor:
    """The penalty, by the gradient of each sample alone."""
    rows = []
    for point in points:
        at = point.clone().requires_grad_()
        (slope,) = torch.autograd.grad(judge(at[None]).sum(), at, create_graph=True)
        rows.append((slope.square().sum().sqrt() - 1).square())
    return torch.stack(rows).mean()


@pytest.mark.parametrize("steps", [1, 5])
def test_a_step_is_that_of_gulrajani(steps: int) -> None:
    """Fails if the penalty looks elsewhere than between real and made digits, its weight is lost, the slope is no
    function of the judge's weights, or it reaches the generator."""
    project = wasserstein(steps)
    trainer = trainer_of(project)
    other = copy.deepcopy(trainer.model)
    generator, judge = other.generator, other.judge
    optimizers = [torch.optim.Adam(part.parameters(), lr=trainer.recipe.lr, fused=True) for part in (judge, generator)]  # type: ignore[operator]
    image = batches.load(trainer.net.plan)["digits.image"]
    size = trainer.recipe.batch_size
    for number in range(2):
        batch = image[steps * size * number : steps * size * (number + 1)]
        torch.manual_seed(number)
        values, _ = trainer.step({"digits.image": batch})
        torch.manual_seed(number)
        for real in batch.flatten(1).split(size):
            made = generator(torch.randn(len(real), 64))  # type: ignore[operator]
            share = torch.rand(len(real), 1)
            penalty = WEIGHT * slope_penalty(judge, (1 - share) * real + share * made.detach())  # type: ignore[arg-type]
            judged = judge(made.detach()).mean() - judge(real).mean()  # type: ignore[operator]
            optimizers[0].zero_grad()
            (judged + penalty).backward()
            optimizers[0].step()
        made = made if steps == 1 else generator(torch.randn(len(real), 64))  # type: ignore[operator]
        fooled = -judge(made).mean()  # type: ignore[operator]
        optimizers[1].zero_grad()
        fooled.backward()
        optimizers[1].step()
        torch.testing.assert_close(values["high"] + values["low"], judged.detach())
        torch.testing.assert_close(values["penalty"], penalty.detach())
        torch.testing.assert_close(values["fool"], fooled.detach())
    for name, value in other.state_dict().items():
        torch.testing.assert_close(trainer.model.state_dict()[name], value, atol=1e-5, rtol=1e-4)


def test_a_run_with_a_penalty_goes_on_exactly(tmp_path: Any) -> None:
    """Fails if the random points between samples are others after a stop, or quick steps compute another penalty."""
    net = compiled(wasserstein())
    recipe = replace(net.plan.recipe, epochs=2, batch_size=16, validation=0.2)
    whole, continued = net.model(0), net.model(0)
    assert isinstance(list(train(net, recipe, model=whole))[-1], Finished)
    control = Control()
    for event in train(net, recipe, out=tmp_path, control=control):
        if isinstance(event, BatchDone) and (event.epoch, event.batch) == (2, 5):
            control.stop()
    assert isinstance(list(train(net, recipe, resume=tmp_path, model=continued))[-1], Finished)
    assert same_weights(whole, continued)


@pytest.mark.parametrize("at", ["real", "generator.image"])
def test_a_slope_that_there_is_not_is_said(at: str) -> None:
    """Fails if a penalty that is wired past the judge ends in a traceback, or counts as one that is met."""
    project = wasserstein(at=at)
    failed = list(train(compiled(project), replace(project.recipe, epochs=1)))[-1]
    assert isinstance(failed, Failed), failed
    assert failed.node == "penalty"
    assert "Points between" in failed.sentence


def test_r1_is_the_slope_at_real_samples() -> None:
    """Fails if Points between changes the only sample that arrives, or a wanted slope of 0 is not squared length."""
    torch.manual_seed(0)
    judge = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    real = torch.randn(5, 3)
    at = Between()(real)
    assert torch.equal(at, real)
    found = GradientPenalty(0.0)(judge(at), at)
    by_each = [torch.func.grad(lambda x: judge(x).squeeze())(each).square().sum() for each in real]
    torch.testing.assert_close(found, torch.stack(by_each).mean())


def test_points_between_lie_on_the_line() -> None:
    """Fails if all samples of a batch get the same share, a point lies off the line, or evaluation draws."""
    torch.manual_seed(0)
    one, other = torch.zeros(200, 3, 2), torch.ones(200, 3, 2)
    layer = Between()
    out = layer(one, other)
    shares = out[:, 0, 0].detach()
    assert torch.equal(out.detach(), shares[:, None, None].expand_as(out))
    assert 0.4 < float(shares.mean()) < 0.6
    assert len(set(shares.tolist())) > 190
    assert torch.equal(layer.eval()(one, other).detach(), torch.full_like(one, 0.5))
