"""What a recipe says about a step: clipping, penalty, accumulation, the mean of the weights. Each is
compared with plain torch, and continued to the bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from app.core.checks.problems import SetTraining
from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.training import batches
from app.training.checkpoints import load_run
from app.training.events import BatchDone, EpochDone, Failed, Finished
from app.training.loop import train
from app.training.trainer import Trainer
from tests.training.nets import FAST, compiled, linear_net, moody_net, only, same_weights
from tests.training.test_declared import stopped
from tests.training.test_gan import gan

PLAIN = FAST.with_settings(momentum=0.0, lr=0.5, epochs=1)


def after_one_step(recipe: Recipe) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], float]:
    """The weights after one step on all training data, the gradients of the start, and the loss that was told."""
    net = compiled(linear_net())
    recipe = replace(recipe, batch_size=5000)
    model, by_hand = net.model(0), net.model(0)
    events = list(train(net, recipe, model=model))
    fields = batches.load(net.plan)
    learn, _, _ = batches.divide(net.plan, fields, recipe.validation, recipe.seed)
    loss = nn.functional.cross_entropy(by_hand(fields["digits.image"][learn]), fields["digits.label"][learn])
    loss.backward()
    assert only(events, BatchDone)[0].loss == pytest.approx(loss.item(), rel=1e-5)
    gradients = {name: weight.grad for name, weight in by_hand.named_parameters() if weight.grad is not None}
    before = {name: weight.detach() for name, weight in by_hand.named_parameters()}
    moved = {name: before[name] - weight.detach() for name, weight in model.named_parameters()}
    return moved, gradients, recipe.lr


def test_values_of_gradients_are_clipped() -> None:
    """Fails if a number of a gradient stays beyond the limit, or others are changed, too."""
    moved, gradients, lr = after_one_step(replace(PLAIN, clip_value=0.01))
    assert any(bool((each.abs() > 0.01).any() and (each.abs() < 0.01).any()) for each in gradients.values())
    for name, gradient in gradients.items():
        torch.testing.assert_close(moved[name], lr * gradient.clamp(-0.01, 0.01), rtol=1e-4, atol=1e-7)


def test_values_are_clipped_before_the_norm() -> None:
    """Fails if one of both ways of clipping is forgotten where both are chosen."""
    moved, gradients, lr = after_one_step(replace(PLAIN, clip_value=0.01, clip_norm=0.02))
    cut = {name: gradient.clamp(-0.01, 0.01) for name, gradient in gradients.items()}
    norm = torch.cat([each.flatten() for each in cut.values()]).norm()
    assert norm > 0.02
    for name, gradient in cut.items():
        torch.testing.assert_close(moved[name], lr * gradient * 0.02 / norm, rtol=1e-3, atol=1e-7)


def test_the_penalty_pulls_every_weight_to_zero() -> None:
    """Fails if the L1 penalty is not the sum of all sizes, or is told as part of the loss."""
    net = compiled(linear_net())
    moved, gradients, lr = after_one_step(replace(PLAIN, l1=0.01))
    start = dict(net.model(0).named_parameters())
    for name, gradient in gradients.items():
        torch.testing.assert_close(moved[name], lr * (gradient + 0.01 * start[name].sign()), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("size", [(30, 5), (719, 2), (1, 40), (1437, 3)])
def test_accumulated_batches_are_one_large_batch(size: tuple[int, int]) -> None:
    """Fails if the parts of a step do not count by their samples: where the last one is shorter, or the last step has
    fewer parts; if a step is taken for each part; or if losses and metrics are those of one part alone."""
    net = compiled(linear_net())
    recipe = replace(FAST, batch_size=size[0], accumulate=size[1], metrics=("accuracy", "f1"))
    parts, whole = net.model(0), net.model(0)
    told = [list(train(net, recipe, model=parts))]
    told.append(list(train(net, replace(recipe, batch_size=size[0] * size[1], accumulate=1), model=whole)))
    for one, other in zip(parts.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    first, second = ([(e.batch, e.batches, e.samples) for e in only(each, BatchDone)] for each in told)
    assert first == second
    for one_epoch, other_epoch in zip(only(told[0], EpochDone), only(told[1], EpochDone), strict=True):
        assert dict(one_epoch.metrics) == pytest.approx(dict(other_epoch.metrics), rel=1e-3)


def test_adversarial_samples_are_those_of_fgsm() -> None:
    """Fails if the samples of a step are not moved to where the loss is larger, by so much and from the weights before
    the step; or if validation samples are moved, too."""
    net = compiled(linear_net())
    recipe = replace(PLAIN, adversarial=0.2, batch_size=5000)
    model, by_hand = net.model(0), net.model(0)
    events = list(train(net, recipe, model=model))
    fields = batches.load(net.plan)
    learn, validation, _ = batches.divide(net.plan, fields, recipe.validation, recipe.seed)
    image, label = fields["digits.image"][learn].clone().requires_grad_(), fields["digits.label"][learn]
    nn.functional.cross_entropy(by_hand(image), label).backward()
    assert image.grad is not None
    by_hand.zero_grad()
    with torch.no_grad():
        moved = image + 0.2 * image.grad.sign()
    loss = nn.functional.cross_entropy(by_hand(moved), label)
    loss.backward()
    assert only(events, BatchDone)[0].loss == pytest.approx(loss.item(), rel=1e-5)
    for one, other in zip(model.parameters(), by_hand.parameters(), strict=True):
        assert other.grad is not None
        torch.testing.assert_close(one, other - recipe.lr * other.grad, rtol=1e-4, atol=1e-6)
    with torch.no_grad():
        scores = model(fields["digits.image"][validation])
    checked = nn.functional.cross_entropy(scores, fields["digits.label"][validation]).item()
    assert only(events, EpochDone)[0].metrics["val_loss"] == pytest.approx(checked, rel=1e-5)


def test_adversarial_training_resists() -> None:
    """Fails if the net is not harder to fool by it."""
    net = compiled(linear_net())
    fields = batches.load(net.plan)
    right = []
    for size in (0.0, 0.15):
        model = net.model(0)
        recipe = replace(FAST, epochs=8, adversarial=size)
        list(train(net, recipe, model=model))
        _, validation, _ = batches.divide(net.plan, fields, recipe.validation, recipe.seed)
        image, label = fields["digits.image"][validation].clone().requires_grad_(), fields["digits.label"][validation]
        nn.functional.cross_entropy(model(image), label).backward()
        assert image.grad is not None
        fooled = model(image.detach() + 0.15 * image.grad.sign()).argmax(-1)
        right.append((fooled == label).float().mean().item())
    assert right[1] > right[0] + 0.1


def test_what_cannot_be_attacked_is_refused() -> None:
    """Fails if a switch does nothing in silence where it cannot be meant."""
    end = list(train(compile_net(gan()), replace(FAST, adversarial=0.1)))[-1]
    assert isinstance(end, Failed)
    assert end.fixes == (SetTraining("adversarial", 0.0),)


def test_accumulating_for_two_is_refused() -> None:
    """Fails if what cannot be done is done in another way, or refused without a remedy."""
    end = list(train(compile_net(gan()), replace(FAST, accumulate=2)))[-1]
    assert isinstance(end, Failed)
    assert end.fixes == (SetTraining("accumulate", 1),)


def test_the_mean_of_the_weights_is_that_of_torch() -> None:
    """Fails if the mean moves by another share, begins elsewhere, or leaves out what batch norm has measured."""
    net = compiled(moody_net()).with_recipe(replace(FAST, average=0.8))
    model, losses = net.model(0), net.losses()
    assert losses is not None
    trainer = Trainer(net, model, losses, 5)
    theirs = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.8), use_buffers=True)
    fields = batches.load(net.plan)
    for step in range(6):
        index = torch.arange(step * 20, step * 20 + 20)
        trainer.step({name: fields[name][index] for name in ("digits.image", "digits.label")})
        theirs.update_parameters(model)
    raw = {name: value.clone() for name, value in model.state_dict().items()}
    with trainer.averaged():
        ours = {name: value.clone() for name, value in model.state_dict().items()}
    assert not torch.equal(ours["fc1.weight"], raw["fc1.weight"])
    for name, value in theirs.module.state_dict().items():
        if value.is_floating_point():  # torch's count of batches stays where it was
            torch.testing.assert_close(ours[name], value, rtol=1e-6, atol=1e-7)
    assert all(torch.equal(value, raw[name]) for name, value in model.state_dict().items())


def test_the_mean_is_what_is_checked_and_kept(tmp_path: Path) -> None:
    """Fails if the numbers on validation data, or the weights in the run's folder, are those of the last step."""
    net = compiled(linear_net())
    recipe = replace(FAST, average=0.9, epochs=3, lr=1.0)
    model = net.model(0)
    events = list(train(net, recipe, out=tmp_path, model=model))
    plain = net.model(0)
    list(train(net, replace(recipe, average=0.0), model=plain))
    assert not same_weights(model, plain)
    assert same_weights(load_run(tmp_path).model, model)
    fields = batches.load(net.plan)
    _, validation, _ = batches.divide(net.plan, fields, recipe.validation, recipe.seed)
    with torch.no_grad():
        scores = model(fields["digits.image"][validation])
    loss = nn.functional.cross_entropy(scores, fields["digits.label"][validation]).item()
    assert only(events, EpochDone)[-1].metrics["val_loss"] == pytest.approx(loss, rel=1e-5)


def test_the_kept_weights_of_a_stopped_run_are_the_mean(tmp_path: Path) -> None:
    """Fails if a run that was stopped shows weights that nothing has checked."""
    net = compiled(linear_net())
    recipe = replace(FAST, average=0.9, epochs=9, lr=1.0)
    model = net.model(0)
    events = list(train(net, replace(recipe, epochs=1), out=tmp_path, model=model))
    assert isinstance(events[-1], Finished)
    stopped(net, recipe, tmp_path / "b", only(events, BatchDone)[-1].batches)
    # The stop came behind the last batch of the epoch: before the epoch's end was told.
    kept = load_run(tmp_path / "b").model
    assert same_weights(kept, model)


STEPS: dict[str, Any] = {
    "values": {"clip_value": 0.05},
    "penalty": {"l1": 0.001},
    "accumulated": {"batch_size": 50, "accumulate": 3},
    "mean": {"average": 0.9},
    "mean and early stop": {"average": 0.9, "stopping": "no-better"},
    "mixed": {"precision": "mixed"},
    "adversarial": {"adversarial": 0.1, "batch_size": 50, "accumulate": 3},
    "all": {
        **{"clip_value": 0.05, "clip_norm": 0.1, "l1": 0.001, "batch_size": 50, "accumulate": 3, "average": 0.9},
        **{"optimizer": "Muon", "schedule": "cyclic", "warmup": 1, "lr": 0.01},
    },
}


@pytest.mark.parametrize("case", STEPS)
@pytest.mark.parametrize("after", [3, 12], ids=["in an epoch", "later"])
def test_a_continued_run_is_equal_to_the_bit(case: str, after: int, tmp_path: Path) -> None:
    """Fails if something that a step leaves behind for the next one is lost at a stop."""
    net = compiled(moody_net())
    recipe = replace(FAST, epochs=3).with_settings(**STEPS[case])
    whole, continued = net.model(0), net.model(0)
    unbroken = list(train(net, recipe, out=tmp_path / "whole", model=whole))
    assert isinstance(unbroken[-1], Finished)
    stopped(net, recipe, tmp_path / "a", after)
    torch.manual_seed(99)
    later = list(train(net, recipe, resume=tmp_path / "a", model=continued))
    assert isinstance(later[-1], Finished), later[-1]
    assert same_weights(whole, continued)
    told = {done.epoch: dict(done.metrics) for done in only(unbroken, EpochDone)}
    assert all(told[done.epoch] == dict(done.metrics) for done in only(later, EpochDone))
    # And beyond its end it goes on from the last weights, not from their mean.
    longer, further = replace(recipe, epochs=4), net.model(0)
    if recipe.schedule == "constant":
        whole = net.model(0)
        list(train(net, longer, model=whole))
        list(train(net, longer, resume=tmp_path / "a", model=further))
        assert same_weights(whole, further)
