"""Digits put somewhere, next to what can be measured in the pictures."""

from __future__ import annotations

import numpy as np

from nodes.reading.scattered_digits import scattered_digits
from nodes.sources import mnist_5k


def test_each_picture_holds_the_digit_that_it_is_said_to_hold() -> None:
    """Fails if a label is of another digit, a digit is cut off at an edge, a part holds digits of another part, or one
    comes more often than others. Here each digit is a square of one value of its own."""
    values = np.arange(1, 41, dtype="uint8")
    digits = np.broadcast_to(values[:, None, None], (40, 28, 28))
    pictures, labels = scattered_digits(digits, values.astype("int64") % 10, {"train": 60, "validation": 20}, 33, 0, 5)
    seen = [np.unique(picture[picture > 0]) for picture in pictures]
    assert all(len(each) == 1 for each in seen)
    numbers = np.array([int(each[0]) for each in seen])
    assert (labels == numbers % 10).all()
    places = set()
    for picture in pictures:
        rows, columns = np.nonzero(picture)
        assert len(rows) == 20 * 20
        assert (np.ptp(rows), np.ptp(columns)) == (19, 19)
        places.add((int(rows[0]), int(columns[0])))
    assert len(places) > 40
    assert not set(numbers[:60]) & set(numbers[60:])
    assert np.bincount(numbers[:60]).max() == 2
    assert np.bincount(numbers[60:]).max() == 2


def test_pieces_lie_around_and_hide_nothing() -> None:
    """Fails if pieces replace what is below them, are larger than 8 × 8, or the seed does not decide."""
    pixels, labels = mnist_5k.digits()
    few = pixels[::250], labels[::250]
    with_pieces, kinds = scattered_digits(*few, {"train": 30, "test": 6}, 48, 5, 2)
    again, _ = scattered_digits(*few, {"train": 30, "test": 6}, 48, 5, 2)
    assert np.array_equal(with_pieces, again)
    assert with_pieces.dtype == np.uint8
    for picture, kind in zip(with_pieces, kinds):
        found = False
        for digit in few[0][few[1] == kind]:
            ink = digit[4:24, 4:24]
            for top, left in np.ndindex(29, 29):
                here = picture[top : top + 20, left : left + 20]
                if here[10, 10] >= ink[10, 10] and (here >= ink).all():
                    rest = picture.astype(int)
                    rest[top : top + 20, left : left + 20] = 0
                    found = found or (rest > 0).sum() <= 5 * 64
        assert found
