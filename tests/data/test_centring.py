"""A drawn digit is centred and scaled as those of MNIST are, compared with arithmetic pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.data.centring import centred


def by_hand(ink: np.ndarray) -> np.ndarray:
    """The same another way: each pixel of the result gathers its share of ink from every pixel of the drawing."""
    rows = [at for at in range(ink.shape[0]) if max(ink[at]) > 0.02]
    columns = [at for at in range(ink.shape[1]) if max(ink[:, at]) > 0.02]
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    high, wide = cut.shape
    factor = max(high, wide) / 20
    rows_after, columns_after = max(1, round(high / factor)), max(1, round(wide / factor))
    small = np.zeros((rows_after, columns_after))
    for y in range(rows_after):
        for x in range(columns_after):
            top, bottom = y * high / rows_after, (y + 1) * high / rows_after
            left, right = x * wide / columns_after, (x + 1) * wide / columns_after
            gathered = 0.0
            for row in range(int(top), min(high, math.ceil(bottom))):
                for column in range(int(left), min(wide, math.ceil(right))):
                    down = min(bottom, row + 1) - max(top, row)
                    across = min(right, column + 1) - max(left, column)
                    gathered += down * across * cut[row, column]
            small[y, x] = gathered / ((bottom - top) * (right - left))
    ys, xs = np.mgrid[:rows_after, :columns_after]
    middle_y, middle_x = (ys * small).sum() / small.sum(), (xs * small).sum() / small.sum()
    made = np.zeros((28, 28))
    first_row = min(max(round(13.5 - middle_y), 0), 28 - rows_after)
    first_column = min(max(round(13.5 - middle_x), 0), 28 - columns_after)
    made[first_row : first_row + rows_after, first_column : first_column + columns_after] = small
    return made


def drawings() -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    seven = np.zeros((280, 280))
    seven[30:50, 20:150] = 1
    for at in range(200):
        seven[50 + at, 140 - at // 2 : 160 - at // 2] = 0.9
    small = np.zeros((64, 40))
    small[60:63, 2:5] = 0.5
    line = np.zeros((50, 90))
    line[7, 3:80] = 1
    return [seven, small, line, rng.random((33, 57)), np.pad(rng.random((5, 31)), 40)]


@pytest.mark.parametrize("number", range(5))
def test_as_by_hand(number: int) -> None:
    """Fails if ink is lost, turned, stretched or moved."""
    ink = drawings()[number]
    assert np.allclose(centred(ink), by_hand(ink), atol=1e-6)


def test_where_and_how_large_it_was_drawn_does_not_matter() -> None:
    """Fails if a digit in a corner is another one than the same in the middle, or half as large."""
    seven = drawings()[0]
    moved = np.roll(seven, (20, 90), (0, 1))
    assert np.allclose(centred(seven), centred(moved))
    larger = np.kron(seven, np.ones((2, 2)))
    assert np.allclose(centred(seven), centred(larger), atol=1e-6)


def test_its_centre_of_mass_lies_in_the_middle() -> None:
    """Fails if it is the box that is centred, and not the ink."""
    digit = centred(drawings()[0])
    ys, xs = np.mgrid[:28, :28]
    assert abs((ys * digit).sum() / digit.sum() - 13.5) <= 0.5
    assert abs((xs * digit).sum() / digit.sum() - 13.5) <= 0.5
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    assert max(len(rows), len(columns)) == 20


def test_nothing_drawn_is_nothing() -> None:
    """Fails if an empty pad divides by zero."""
    assert not centred(np.zeros((280, 280))).any()
    assert centred(np.zeros((280, 280))).dtype == np.float32
