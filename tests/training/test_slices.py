"""Results by slice of the samples: beside plain numpy on the same samples."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from app.training.judging.answers import Predictions
from app.training.judging.intervals import wilson
from app.training.judging.parts import parts_of
from app.training.judging.slices import MOST_VALUES, SLICES, sliced, slices, traits
from tests.training.nets import linear_net
from tests.training.test_judging import answers_of


def classes(right: np.ndarray) -> Predictions:
    """Answers to samples 100, 101, … of which these are right."""
    numbers = np.arange(100, 100 + len(right))
    return Predictions(
        "test", numbers, np.ones(len(right)), len(right), "classes", right=right, answered=np.ones(len(right))
    )


def test_traits_of_pictures_texts_and_tables() -> None:
    """Fails if a trait is taken over the batch instead of each sample, a bright ground counts as drawn on, zeros
    that are a letter and no filling shorten a text, or columns lose their names."""
    pictures = np.full((2, 1, 8, 8), 0.9, np.float32)
    pictures[0, 0, 2:4, 2:5] = 0.1  # six dark dots on a bright ground
    pictures[1, 0, 2:4, 2:8] = 0.0
    found = traits(torch.from_numpy(pictures))
    assert found["brightness"] == pytest.approx(pictures.mean((1, 2, 3)))
    assert found["contrast"] == pytest.approx(pictures.std((1, 2, 3)))
    assert found["size"] == pytest.approx([6 / 64, 12 / 64])
    texts = torch.tensor([[0, 3, 5, 7], [0, 0, 0, 1], [2, 2, 0, 0]])
    assert traits(texts, (), filled=True)["length"].tolist() == [3, 1, 2]
    assert traits(texts) == {}
    table = torch.tensor([[1.0, 20.0], [2.0, 30.0]])
    assert {name: each.tolist() for name, each in traits(table, ("age", "weight")).items()} == {
        "age": [1, 2],
        "weight": [20, 30],
    }


def test_slices_of_a_digits_net_are_those_of_numpy() -> None:
    """Fails if answers are given to the wrong samples, a sample is in two slices or none, or the share is another."""
    project = linear_net()
    answers, said, truth, index = answers_of(project)
    from app.core.compile.net import compile_net

    net = compile_net(project)
    pictures = parts_of(net).data["digits.image"][index].numpy()
    right = (said.argmax(1) == truth).numpy()
    brightness = dict(zip(index.tolist(), pictures.mean((1, 2, 3)).tolist(), strict=True))
    was_right = dict(zip(index.tolist(), right.tolist(), strict=True))
    found = [each for each in slices(net, parts_of(net), answers) if each.trait == "brightness"]
    assert len(found) == SLICES
    assert sorted(np.concatenate([each.numbers for each in found]).tolist()) == sorted(index.tolist())
    for each in found:
        values = [brightness[number] for number in each.numbers.tolist()]
        assert (each.low, each.high) == pytest.approx((min(values), max(values)))
        share = [was_right[number] for number in each.numbers.tolist()]
        assert each.result == wilson(sum(share), len(share))
    assert all(one.high < two.low for one, two in pairwise(found))
    assert [len(each.numbers) for each in found] == pytest.approx(
        [len(index) / SLICES] * SLICES, abs=6
    )  # equal ones stay together


def test_few_values_are_slices_of_their_own_and_the_worst_is_marked() -> None:
    """Fails if a column of zeros and ones is cut into quarters, a slice that is worse by chance alone is marked, a
    better one is, or what tells least of all comes first."""
    right = np.array([1.0] * 50 + [0.0] * 40 + [1.0] * 10)
    kind = np.array([0.0] * 50 + [1.0] * 50)
    useless = np.tile([0.0, 1.0], 50)
    found = sliced({"useless": useless, "kind": kind, "same": np.zeros(100)}, classes(right))
    assert [(each.trait, each.low, each.high, each.worse) for each in found] == [
        ("kind", 0, 0, False),
        ("kind", 1, 1, True),
        ("useless", 0, 0, False),
        ("useless", 1, 1, False),
    ]
    assert found[1].numbers.tolist() == list(range(150, 200))
    many = sliced({"many": np.arange(100.0) % (MOST_VALUES + 1)}, classes(right))
    assert 1 < len(many) <= SLICES


def test_of_numbers_a_larger_error_is_worse() -> None:
    """Fails if the marks of numbers are those of shares, or samples of unknown value are put into a slice."""
    answers = replace(classes(np.ones(60)), kind="numbers", distance=np.array([1.0, 1.1] * 20 + [5.0, 5.2] * 10))
    value = np.array([0.0] * 39 + [np.nan] + [1.0] * 20)
    found = sliced({"value": value}, answers)
    assert [each.worse for each in found] == [False, True]
    assert [len(each.numbers) for each in found] == [39, 20]
    assert found[1].result.value == pytest.approx(5.1)
