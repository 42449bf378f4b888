"""Losses that wait until the device is asked for them; compared with sums by hand."""

from __future__ import annotations

import math

import pytest
import torch

from app.core.compile.net import compile_net
from app.training.diagnosis import Diagnosis
from app.training.metrics import Averages
from app.training.waiting_losses import WaitingLosses
from tests.training.nets import FAST, linear_net


@pytest.mark.parametrize("names", [("loss",), ("judge", "fool")])
@pytest.mark.parametrize("together", [1, 3])
def test_each_is_told_once_with_its_batch(names: tuple[str, ...], together: int) -> None:
    """Fails if losses are mixed up, taken in twice, or a mean does not count how many samples a batch had."""
    waiting, averages = WaitingLosses(), Averages()
    doctor = Diagnosis(compile_net(linear_net()).plan, FAST, 6)
    counts = (4, 4, 2)
    made = [[0.5 * batch + place for place in range(len(names))] for batch in (1, 2, 3)]
    told = []
    for number, (values, count) in enumerate(zip(made, counts, strict=True), 1):
        waiting.add(number, dict(zip(names, map(torch.tensor, values), strict=True)), count)
        if number % together == 0:
            told += waiting.take(7, 3, names, averages, doctor)
    assert not waiting.take(7, 3, names, averages, doctor)
    assert [(each.epoch, each.batch, each.batches, each.samples) for each in told] == [
        (7, number, 3, count) for number, count in enumerate(counts, 1)
    ]
    assert [list(each.losses.values()) for each in told] == made
    assert [each.loss for each in told] == [sum(values) for values in made]
    assert averages.mean_loss == pytest.approx(sum(map(math.prod, zip(map(sum, made), counts, strict=True))) / 10)
    assert doctor.heard.first == sum(made[0])


def test_a_device_that_works_ahead_is_not_asked_at_every_step() -> None:
    """Fails if a GPU is asked for the loss of each single step, so that it idles between them."""
    waiting, averages = WaitingLosses(), Averages()
    doctor = Diagnosis(compile_net(linear_net()).plan, FAST, 6)
    waiting.add(1, {"loss": torch.tensor(1.0)}, 4)
    assert waiting.due(60.0)
    waiting.take(1, 3, ("loss",), averages, doctor)
    waiting.add(2, {"loss": torch.tensor(1.0)}, 4)
    assert not waiting.due(60.0)
    assert waiting.due(0.0)
