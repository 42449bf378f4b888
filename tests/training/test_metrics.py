"""Averages, next to torchmetrics and to a calculation by hand."""

from __future__ import annotations

import math

import pytest
import torch
import torchmetrics
from hypothesis import given
from hypothesis import strategies as st

from app.training.metrics import LARGE, TOGETHER, Averages, Decision, decision_of
from tests.training.nets import autoencoder, compiled, linear_net, two_heads

CPU = torch.device("cpu")


@given(st.lists(st.integers(1, 40), min_size=1, max_size=3 * TOGETHER), st.integers(0, 99))
def test_accuracy_is_that_of_torchmetrics(sizes: list[int], seed: int) -> None:
    """Fails if batches are lost, counted twice or weighed by their number instead of their size."""
    generator = torch.Generator().manual_seed(seed)
    ours, theirs = Averages(CPU), torchmetrics.classification.MulticlassAccuracy(7, average="micro")
    for size in sizes:
        scores = torch.randn(size, 7, generator=generator)
        target = torch.randint(0, 7, (size,), generator=generator)
        ours.add_decisions(scores, target)
        theirs.update(scores, target)
    assert ours.accuracy == pytest.approx(float(theirs.compute()))


def test_every_step_of_a_sequence_is_a_decision() -> None:
    """Fails if only the first or the last step of a sequence counts."""
    averages = Averages(CPU)
    scores = torch.eye(4).repeat(2, 1, 1)  # two samples, four steps: classes 0, 1, 2, 3
    averages.add_decisions(scores, torch.tensor([[0, 1, 2, 3], [0, 0, 0, 0]]))
    assert averages.accuracy == 5 / 8


def test_large_scores_are_not_kept() -> None:
    """Fails if pictures with a class for each dot fill the memory before they are compared."""
    averages = Averages(CPU)
    averages.add_decisions(torch.zeros(2, LARGE), torch.zeros(2, dtype=torch.int64))
    assert averages._kept == []


def test_losses_are_weighed_by_samples() -> None:
    """Fails if a short last batch counts as much as a full one."""
    averages = Averages(CPU)
    averages.add_loss(1.0, 3)
    averages.add_loss(5.0, 1)
    assert averages.mean_loss == 2.0
    assert math.isnan(Averages(CPU).mean_loss)
    assert Averages(CPU).accuracy is None


def test_a_saved_state_goes_on() -> None:
    """Fails if an epoch that was interrupted forgets its first half."""
    first, second = Averages(CPU), Averages(CPU)
    first.add_loss(1.0, 3)
    first.add_decisions(torch.eye(3), torch.tensor([0, 1, 0]))
    second.restore(first.state())
    second.add_loss(5.0, 1)
    second.add_decisions(torch.eye(3)[:1], torch.tensor([0]))
    assert second.mean_loss == 2.0
    assert second.accuracy == 3 / 4


def test_where_decisions_are_made() -> None:
    """Fails if accuracy is measured on pixels, or on the wrong one of several outputs."""
    assert decision_of(compiled(linear_net()).plan) == Decision(0, "digits.label")
    assert decision_of(compiled(autoencoder()).plan) is None
    plan = compiled(two_heads()).plan
    found = decision_of(plan)
    assert found is not None
    assert plan.outputs[found.output].node == "scores"
