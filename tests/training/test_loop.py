"""What a training tells, and that it learns."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch
import torchmetrics
from torch import nn

from app.core import heap
from app.core.graph.model import Project
from app.core.storage import templates
from app.training import batches
from app.training.events import BatchDone, Diagnosed, EpochDone, Event, Failed, Finished, Started
from app.training.loop import train
from tests.support.brief import brief
from tests.training.nets import (
    FAST,
    autoencoder,
    compiled,
    linear_net,
    moody_net,
    only,
    same_weights,
    trainable,
    two_heads,
)


def test_the_order_of_events() -> None:
    """Fails if a batch or an epoch is missing, told twice or out of order, or if there is not exactly one ending."""
    events = list(train(compiled(), FAST))
    started = events[0]
    assert started == Started("cpu", 1438, 359, 6, 2, 650, 0, measures=("accuracy",))
    assert [(e.epoch, e.batch) for e in only(events, BatchDone)] == [(e, b) for e in (1, 2) for b in range(1, 7)]
    assert [e.epoch for e in only(events, EpochDone)] == [1, 2]
    assert [e.samples for e in only(events, BatchDone)[:6]] == [256, 256, 256, 256, 256, 158]
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.metrics["val_loss"] == only(events, EpochDone)[-1].val_loss
    assert len(only(events, Finished)) == 1


def test_a_small_net_learns_to_read_digits() -> None:
    """Fails if gradients do not reach the weights, labels are mixed up, or the step has the wrong sign."""
    done = only(train(compiled(), replace(FAST, lr=0.3, epochs=8, batch_size=32)), EpochDone)
    assert done[-1].val_accuracy is not None
    assert done[-1].val_accuracy > 0.9
    assert done[-1].train_loss < done[0].train_loss / 2


def test_the_loop_is_the_hand_written_one() -> None:
    """Fails if anything but forward, backward and step happens to the weights: compared with the plainest loop."""
    net, recipe = compiled(), replace(FAST, validation=0.0)
    ours, hand = net.model(0), net.model(0)
    losses = [event.loss for event in only(train(net, recipe, model=ours), BatchDone)]
    fields = batches.load(net.plan)
    optimizer = torch.optim.SGD(hand.parameters(), 0.1, 0.9)
    expected = []
    for epoch in range(2):
        order = torch.randperm(1797, generator=torch.Generator().manual_seed(epoch))
        for index in order.split(256):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(hand(fields["digits.image"][index]), fields["digits.label"][index])
            loss.backward()
            optimizer.step()
            expected.append(loss.item())
    assert losses == pytest.approx(expected, rel=1e-5)
    for name, weights in hand.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], weights)


@pytest.mark.parametrize("project", [linear_net(), moody_net()], ids=["linear", "moody"])
def test_numbers_of_an_epoch_are_those_of_its_weights(project: Project) -> None:
    """Fails if validation numbers come from training mode, from training samples or from half an average: worked out
    again with torch and torchmetrics from the weights at the end."""
    net, recipe = compiled(project), replace(FAST, epochs=1, batch_size=100)
    model = net.model(0)
    events = list(train(net, recipe, model=model))
    done = only(events, EpochDone)[0]
    fields = batches.load(net.plan)
    _, validation, _ = batches.divide(net.plan, fields, recipe.validation, recipe.seed)
    model.eval()
    with torch.no_grad():
        scores = model(fields["digits.image"][validation])
    labels = fields["digits.label"][validation]
    accuracy = torchmetrics.classification.MulticlassAccuracy(10, average="micro")
    assert done.val_accuracy == pytest.approx(float(accuracy(scores, labels)))
    assert done.val_loss == pytest.approx(nn.functional.cross_entropy(scores, labels).item(), rel=1e-4)
    told = only(events, BatchDone)
    assert done.train_loss == pytest.approx(sum(e.loss * e.samples for e in told) / 1438)


def test_the_same_seed_gives_the_same_run() -> None:
    """Fails if anything in a run depends on what torch drew before."""
    net = compiled(moody_net())
    one, two, other = net.model(0), net.model(0), net.model(1)
    torch.manual_seed(5)
    first = list(train(net, FAST, model=one))
    torch.manual_seed(6)
    second = list(train(net, FAST, model=two))
    list(train(net, replace(FAST, seed=1), model=other))
    assert [e.loss for e in only(first, BatchDone)] == [e.loss for e in only(second, BatchDone)]
    assert same_weights(one, two)
    assert not same_weights(one, other)


def test_nothing_held_out() -> None:
    """Fails if validation 0 divides by zero or invents numbers."""
    events = list(train(compiled(), replace(FAST, validation=0.0)))
    done = only(events, EpochDone)[-1]
    assert (done.val_loss, done.val_accuracy) == (None, None)
    assert isinstance(events[-1], Finished)
    assert events[0] == Started("cpu", 1797, 0, 8, 2, 650, 0, measures=("accuracy",))


def test_a_loss_without_classes_has_no_accuracy() -> None:
    """Fails if pixels are compared like classes."""
    done = only(train(compiled(autoencoder()), FAST), EpochDone)
    assert done[-1].train_accuracy is None
    assert done[-1].val_accuracy is None
    assert done[-1].val_loss is not None
    assert done[-1].train_loss < done[0].train_loss


def test_several_losses_are_added_up() -> None:
    """Fails if only one of two losses is made small, or if accuracy looks at the wrong output."""
    net = compiled(two_heads())
    model, before = net.model(0), net.model(0)
    events = list(train(net, replace(FAST, epochs=6, batch_size=64), model=model))
    done = only(events, EpochDone)[-1]
    assert done.val_accuracy is not None
    assert done.val_accuracy > 0.8
    for name in ("code.weight", "back.weight", "scores.weight"):
        assert not torch.equal(model.state_dict()[name], before.state_dict()[name])
    first = only(events, BatchDone)[0].loss
    assert first == pytest.approx(math.log(10) + 0.2, abs=0.4)  # ten classes at random, and pixels around 0.3


def test_a_batch_larger_than_the_data_is_said_and_done() -> None:
    """Fails if too large a batch size ends the run, or passes without a word."""
    events = list(train(compiled(), replace(FAST, batch_size=5000)))
    assert only(events, Diagnosed)[0].code == "batch_size"
    assert "1,438" in only(events, Diagnosed)[0].sentence
    assert only(events, Started)[0].batches == 1
    assert isinstance(events[-1], Finished)


def test_a_last_batch_of_one_joins_the_one_before() -> None:
    """Fails if batch norm meets a single sample, or if a sample is left out."""
    recipe = replace(FAST, validation=0.0, batch_size=449)  # 1797 = 4 · 449 + 1
    events = list(train(compiled(moody_net()), recipe))
    assert [event.samples for event in only(events, BatchDone)[:4]] == [449, 449, 449, 450]
    assert isinstance(events[-1], Finished)


def test_batches_of_one_train() -> None:
    """Fails if a batch size of 1 is merged with anything."""
    pieces = batches.cut(torch.arange(7), 1)
    assert [len(piece) for piece in pieces] == [1] * 7
    assert [piece.tolist() for piece in batches.cut(torch.arange(7), 3)] == [[0, 1, 2], [3, 4, 5, 6]]
    assert [piece.tolist() for piece in batches.cut(torch.arange(1), 3)] == [[0]]
    assert [piece.tolist() for piece in batches.cut(torch.arange(4), 3)] == [[0, 1, 2, 3]]


@pytest.mark.parametrize("name", trainable())
def test_templates_train(name: str, tmp_path: Path) -> None:
    """Fails if a drawing that ships cannot be trained as it stands: its loss falls."""
    project = templates.load(name)
    events = list(train(compiled(project), replace(brief(project, 500_000_000), epochs=3), out=tmp_path))
    assert not only(events, Failed)
    epochs = only(events, EpochDone)
    assert all(math.isfinite(done.train_loss) for done in epochs)
    if not any("updates" in loss.settings and loss.settings["updates"] for loss in compiled(project).plan.losses):
        assert epochs[-1].train_loss < epochs[0].train_loss  # those of a pair go up and down against each other


def test_a_training_keeps_the_heap_and_gives_it_back() -> None:
    """Fails if the memory of each step goes back to the system, or is kept after the training, however that ends."""
    net = compiled(linear_net())
    kept = [len(heap._entered) for event in train(net, FAST) if isinstance(event, BatchDone)]
    assert set(kept) == {1}
    assert heap._entered == []
    running = cast(Generator[Event], train(net, FAST))
    next(running)
    assert len(heap._entered) == 1
    running.close()
    assert heap._entered == []


@pytest.mark.gpu
def test_a_gpu_trains_and_goes_on(tmp_path: Path) -> None:
    """Fails if a tensor stays on the CPU, or a run of a GPU cannot be continued there."""
    recipe = replace(FAST, optimizer="Adam", lr=0.002, device="cuda", epochs=1)
    net = compiled(moody_net())
    first = list(train(net, recipe, out=tmp_path))
    later = list(train(net, replace(recipe, epochs=2), resume=tmp_path))
    for events, epochs in ((first, 1), (later, 2)):
        assert only(events, Started)[0].device == "cuda"
        assert isinstance(events[-1], Finished)
        assert only(events, EpochDone)[-1].epoch == epochs
        assert all(math.isfinite(event.loss) for event in only(events, BatchDone))
