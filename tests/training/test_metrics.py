"""Averages and the printed metrics, next to torchmetrics and to a calculation by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchmetrics
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import r2_score
from torch import Tensor

from app.core.compile.decision import Decision, decision_of
from app.core.graph.recipe import Recipe
from app.training.metrics import LARGE, TOGETHER, Averages
from tests.training.nets import autoencoder, compiled, linear_net, two_heads

CLASSES = compiled(linear_net()).with_recipe(Recipe(metrics=("accuracy", "f1"))).functions
NUMBERS = compiled(autoencoder()).with_recipe(Recipe(metrics=("mae", "r2"))).functions


def averages(functions: dict[str, Callable[..., object]] = CLASSES) -> Averages:
    """Fresh ones of the digits."""
    return Averages(functions["metric_sums"], functions["metric_values"])  # type: ignore[arg-type]


def read(scores: Tensor, target: Tensor) -> dict[str, Tensor]:
    """What a step hands to the metrics."""
    return {"scores": scores, "target": target}


@given(st.lists(st.integers(1, 40), min_size=1, max_size=3 * TOGETHER), st.integers(0, 99), st.integers(2, 10))
def test_metrics_of_classes_are_those_of_torchmetrics(sizes: list[int], seed: int, seen: int) -> None:
    """Fails if batches are lost, counted twice or weighed by their number instead of their size, or if classes that do
    not occur count."""
    generator = torch.Generator().manual_seed(seed)
    ours = averages()
    right = torchmetrics.classification.MulticlassAccuracy(10, average="micro")
    f1 = torchmetrics.classification.MulticlassF1Score(10, average="macro")
    for size in sizes:
        scores = torch.randn(size, 10, generator=generator)
        scores[:, seen:] = -9
        target = torch.randint(0, seen, (size,), generator=generator)
        ours.add_read(read(scores, target))
        right.update(scores, target)
        f1.update(scores, target)
    found = ours.numbers("val")
    assert found["val_accuracy"] == pytest.approx(float(right.compute()))
    assert found["val_f1"] == pytest.approx(float(f1.compute()))


@given(st.lists(st.integers(2, 9), min_size=4, max_size=2 * TOGETHER), st.integers(0, 99), st.floats(-1e4, 1e4))
def test_metrics_of_numbers_are_those_of_torchmetrics(sizes: list[int], seed: int, offset: float) -> None:
    """Fails if R² of large numbers drowns in rounding, or short batches count as much as long ones."""
    generator = torch.Generator().manual_seed(seed)
    ours = averages(NUMBERS)
    told, true = [], []
    for size in sizes:
        true.append(offset + torch.randn(size, 64, generator=generator))
        told.append(true[-1] + torch.randn(size, 64, generator=generator))
        ours.add_read({"prediction": told[-1], "truth": true[-1]})
    found = ours.numbers("val")
    flat = [torch.cat(parts).double() for parts in (told, true)]
    mae = torchmetrics.MeanAbsoluteError()
    mae.update(*flat)
    assert found["val_mae"] == pytest.approx(float(mae.compute()), rel=1e-4)
    r2 = r2_score(flat[1].numpy(), flat[0].numpy())
    assert found["val_r2"] == pytest.approx(r2, rel=1e-3, abs=1e-3)


def test_r2_is_the_mean_of_that_of_each_output() -> None:
    """Fails if an output in grams counts a million times as much as one in kilograms, or one that never changes counts
    at all: a net that tells nothing of three outputs in four would have an R² of nearly 1."""
    generator = torch.Generator().manual_seed(0)
    true = torch.randn(60, 64, generator=generator) * 10.0 ** (torch.arange(64) % 4) + 7
    told = torch.where(torch.arange(64) % 4 == 3, true + 1, true.mean(0) + torch.randn(60, 64, generator=generator))
    true[:, 5] = 0.1
    ours = averages(NUMBERS)
    for one, other in zip(told.split(7), true.split(7)):
        ours.add_read({"prediction": one, "truth": other})
    t, y = told.double().numpy(), true.double().numpy()
    t, y = np.delete(t, 5, 1), np.delete(y, 5, 1)
    each = 1 - ((t - y) ** 2).sum(0) / ((y - y.mean(0)) ** 2).sum(0)
    assert ours.numbers("val")["val_r2"] == pytest.approx(each.mean())
    assert ours.numbers("val")["val_r2"] == pytest.approx(r2_score(y, t))
    ours = averages(NUMBERS)
    ours.add_read({"prediction": told, "truth": torch.full_like(true, 0.1)})
    assert np.isnan(ours.numbers("val")["val_r2"])


def test_r2_of_outputs_with_means_far_apart() -> None:
    """Fails if saying the mean of each output explains anything: one mean for all of them had made that 99 %."""
    generator = torch.Generator().manual_seed(0)
    true = torch.randn(50, 64, generator=generator) + 10 * torch.arange(64)
    ours = averages(NUMBERS)
    for part in true.split(7):
        ours.add_read({"prediction": true.mean(0).expand_as(part), "truth": part})
    assert ours.numbers("val")["val_r2"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("sums", [{"truths": torch.tensor(9.0)}, {"truth_sums": torch.zeros(64)}])
def test_the_r2_of_a_run_from_before_begins_anew(sums: dict[str, torch.Tensor]) -> None:
    """Fails if the sums of an epoch of an earlier version, with one mean or one spread for all outputs, are mixed with
    new ones."""
    ours = averages(NUMBERS)
    old = {"squares": torch.tensor(1.0), "numbers": 64, "truth_squares": torch.tensor(99.0), **sums}
    ours.restore({"loss": 3.0, "samples": 1, "losses": {"loss": 3.0}, "sums": old})
    true = torch.randn(20, 64)
    ours.add_read({"prediction": true + 1, "truth": true})
    found = ours.numbers("train")
    assert found["train_r2"] == pytest.approx(r2_score(true, true + 1), rel=1e-4)
    assert ours.samples == 1


def test_every_step_of_a_sequence_is_a_decision() -> None:
    """Fails if only the first or the last step of a sequence counts."""
    ours = averages()
    scores = torch.eye(10)[:4].repeat(2, 1, 1)  # two samples, four steps: classes 0, 1, 2, 3
    ours.add_read(read(scores, torch.tensor([[0, 1, 2, 3], [0, 0, 0, 0]])))
    assert ours.numbers("train")["train_accuracy"] == 5 / 8


def test_large_scores_are_not_kept() -> None:
    """Fails if pictures with a class for each dot fill the memory before they are counted."""
    ours = averages()
    ours.add_read(read(torch.zeros(LARGE, 10), torch.zeros(LARGE, dtype=torch.int64)))
    assert ours._kept == []


def test_losses_are_weighed_by_samples() -> None:
    """Fails if a short last batch counts as much as a full one, or single losses are mixed up."""
    ours = averages()
    ours.add_losses({"a": 1.0, "b": 2.0}, 3)
    ours.add_losses({"a": 5.0, "b": 0.0}, 1)
    assert ours.numbers("train") == {"train_loss": 3.5, "train_loss.a": 2.0, "train_loss.b": 1.5}
    assert math.isnan(averages().mean_loss)
    assert averages().numbers("val").keys() == {"val_loss"}


def test_a_saved_state_goes_on() -> None:
    """Fails if an epoch that was interrupted forgets its first half."""
    first, second = averages(), averages()
    first.add_losses({"loss": 1.0}, 3)
    first.add_read(read(torch.eye(10)[:3], torch.tensor([0, 1, 0])))
    second.restore(first.state())
    second.add_losses({"loss": 5.0}, 1)
    second.add_read(read(torch.eye(10)[:1], torch.tensor([0])))
    found = second.numbers("train")
    assert (found["train_loss"], found["train_accuracy"]) == (2.0, 3 / 4)


def test_the_state_of_a_run_from_before_goes_on() -> None:
    """Fails if an epoch that an earlier version interrupted loses its first half."""
    ours = Averages(*(compiled(linear_net()).functions[name] for name in ("metric_sums", "metric_values")))
    ours.restore({"loss": 3.0, "samples": 3, "decisions": 3, "right": 2})
    ours.add_losses({"loss": 5.0}, 1)
    ours.add_read(read(torch.eye(10)[:1], torch.tensor([0])))
    assert ours.numbers("train") == {"train_loss": 2.0, "train_accuracy": 3 / 4}


def test_batches_that_do_not_fit_together_are_counted_all_the_same() -> None:
    """Fails if batches of another form (scores of words, sentences of other lengths) are put together, lost, or handed
    on with the numbers of other samples; or if those after a large one wait for ever."""
    generator = torch.Generator().manual_seed(0)
    forms = [(3, 5), (4, 5), (2, 7, 5), (3, 7, 5), (2, 9, 5), (3, 5), (LARGE // 5 + 1, 5), (2, 5)]
    heard: list[tuple[list[int], int]] = []
    functions = CLASSES["metric_sums"], CLASSES["metric_values"]
    ours = Averages(*functions, lambda samples, joined: heard.append((samples.tolist(), len(joined["scores"]))))  # type: ignore[arg-type]
    right = answers = begin = 0
    for form in forms:
        scores = torch.randn(form, generator=generator)
        target = torch.randint(0, 5, form[:-1], generator=generator)
        named = None if form[0] == 4 else torch.arange(begin, begin + form[0])
        begin += form[0]
        ours.add_read(read(scores, target), named)
        right += int((scores.argmax(-1) == target).sum())
        answers += target.numel()
    assert ours.numbers("train")["train_accuracy"] == right / answers
    assert all(len(numbers) == count for numbers, count in heard)
    assert [number for numbers, _ in heard for number in numbers][-2:] == [begin - 2, begin - 1]


def test_where_decisions_are_made() -> None:
    """Fails if accuracy is measured on pixels, or on the wrong one of several outputs."""
    assert decision_of(compiled(linear_net()).plan) == Decision(0, "digits.label", classes=10)
    assert decision_of(compiled(autoencoder()).plan) is None
    plan = compiled(two_heads()).plan
    found = decision_of(plan)
    assert found is not None
    assert plan.outputs[found.output].node == "scores"
