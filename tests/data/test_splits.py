"""What is held out: always the same samples, no sample twice, every class in proportion."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.data.splits import split

SHARES = st.floats(min_value=0.01, max_value=0.9)


@given(st.integers(2, 400), SHARES, st.integers(0, 2**31 - 1))
def test_every_sample_is_in_exactly_one_part(count: int, share: float, seed: int) -> None:
    """Fails if a validation sample is also learned from, if one is lost, or if a part is empty."""
    learn, validation = split(count, share, seed)
    assert sorted([*learn.tolist(), *validation.tolist()]) == list(range(count))
    assert len(validation) == min(max(round(count * share), 1), count - 1)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=300), SHARES, st.integers(0, 1000))
def test_classes_are_held_out_in_proportion(classes: list[int], share: float, seed: int) -> None:
    """Fails if one class is held out more than another by more than one sample."""
    labels = torch.tensor(classes)
    learn, validation = split(len(labels), share, seed, labels)
    assert sorted([*learn.tolist(), *validation.tolist()]) == list(range(len(labels)))
    for each in labels.unique():
        fair = min(max(round(len(labels) * share), 1), len(labels) - 1) * int((labels == each).sum()) / len(labels)
        assert abs(int((labels[validation] == each).sum()) - fair) <= 1


def test_it_depends_on_the_seed_and_on_nothing_else() -> None:
    """Fails if torch's own generator decides what is held out, or if the split moves it."""
    labels = torch.arange(100) % 10
    torch.manual_seed(1)
    first = split(100, 0.2, 7, labels)
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(1))
    torch.manual_seed(2)
    again, other = split(100, 0.2, 7, labels), split(100, 0.2, 8, labels)
    assert all(torch.equal(one, two) for one, two in zip(first, again))
    assert not torch.equal(first[1], other[1])


def test_samples_of_a_class_are_chosen_at_random() -> None:
    """Fails if always the first or every fifth sample of a class is held out, whatever the seed."""
    chosen = {tuple(split(50, 0.2, seed, torch.zeros(50, dtype=torch.int64))[1].tolist()) for seed in range(20)}
    assert len(chosen) == 20


def test_nothing_can_be_held_out() -> None:
    """Fails if validation 0 keeps a sample back."""
    learn, validation = split(5, 0.0, 0)
    assert learn.tolist() == [0, 1, 2, 3, 4]
    assert validation.numel() == 0


@pytest.mark.parametrize(("count", "validation"), [(0, 0.0), (1, 0.2)])
def test_too_few_samples_are_refused(count: int, validation: float) -> None:
    """Fails if one sample is divided into two parts."""
    with pytest.raises(ValueError, match="cannot be divided"):
        split(count, validation, 0)
