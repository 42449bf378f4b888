"""Numbers of one picture are written in one way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.insight.numbers import NumberFormat, percent


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((-0.213, 0.0, 0.213), ("−0.213", "0", "0.213")),
        ((-1.0, 0.0, 1.0), ("−1", "0", "1")),
        ((0.0, 0.5, 1.0), ("0", "0.5", "1.0")),
        ((0.001, 0.02, 0.03), ("0.001", "0.020", "0.030")),
        ((12.345, 0.004, -3.0), ("12.3", "0.0", "−3.0")),
        ((5e-5, 1e-4, 1.5e-4), ("0.5e−4", "1.0e−4", "1.5e−4")),
        ((2.1e7, -3e6), ("2.1e7", "−0.3e7")),
        ((0.0, 0.0), ("0", "0")),
        ((float("nan"), float("inf"), -float("inf"), 2.0), ("not a number", "infinite", "−infinite", "2")),
    ],
)
def test_one_power_and_as_many_decimals_for_all(values: tuple[float, ...], texts: tuple[str, ...]) -> None:
    """Fails if 1e−3 stands beside 0.01, or 0.5 beside 0.125."""
    number = NumberFormat(values)
    assert tuple(number(value) for value in values) == texts


@given(st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=1, max_size=12), st.booleans())
def test_numbers_of_any_size_share_their_form(values: list[float], shares: bool) -> None:
    """Fails if two numbers of one picture have different powers or decimals, or the largest is written wrongly."""
    values = [abs(value) % 1 for value in values] if shares else values
    number = NumberFormat(values, percent=shares)
    texts = [number(value).lstrip("<>") for value in values if value != 0]
    forms = {(re.sub(r"[−\d]+", "", re.sub(r"e−?\d+", "", text)), *re.findall(r"e−?\d+", text)) for text in texts}
    assert len(forms) <= 1, texts
    if not shares and texts:
        largest = max(values, key=abs)
        assert float(number(largest).replace("−", "-")) == pytest.approx(largest, rel=6e-3)


def test_marks_that_lie_close_are_told_apart() -> None:
    """Fails if two ticks of one axis have the same words."""
    for low, step in ((0.999, 0.0005), (1000.0, 0.25), (1e-5, 1e-7), (3e8, 1e5), (0.0, 0.25)):
        marks = [low + index * step for index in range(5)]
        number = NumberFormat(marks, step=step)
        assert len({number(mark) for mark in marks}) == len(marks)


def test_one_value_that_is_asked_for_keeps_its_digits() -> None:
    """Fails if the pointer reads 0.000 from a weight of 0.000412."""
    number = NumberFormat((-0.5, 0.5))
    assert number.exact(0.000412) == "0.000412"
    assert number.exact(-0.25) == "−0.25"


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.982, "98.2 %"),
        (1.0, "100.0 %"),
        (0.99999, "over 99.9 %"),
        (0.0, "0.0 %"),
        (1e-6, "below 0.1 %"),
        (0.0005, "0.1 %"),
    ],
)
def test_per_cent_claims_no_more_than_was_computed(share: float, words: str) -> None:
    """Fails if what is nearly certain is called certain, or what is nearly impossible impossible."""
    assert percent(share) == words


def test_a_row_of_per_cents_claims_no_more_either() -> None:
    """Fails if 99.99 % becomes 100 %, or the rest 0 %."""
    values = (0.99991, 0.00006, 0.00003)
    number = NumberFormat(values, percent=True)
    assert [number(value) for value in values] == [">99.9 %", "<0.1 %", "<0.1 %"]
