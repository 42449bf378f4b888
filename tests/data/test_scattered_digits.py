"""Digits put somewhere, next to what can be measured in the pictures."""

from __future__ import annotations

import numpy as np

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training import batches
from nodes.reading.scattered_digits import scattered_digits
from nodes.sources import mnist_5k


def test_each_picture_holds_the_digit_that_it_is_said_to_hold() -> None:
    """Fails if a label or number is of another digit, a digit is cut off at an edge, or one comes more often than
    others. Here each digit is a square of one value of its own."""
    values = np.arange(1, 41, dtype="uint8")
    digits = np.broadcast_to(values[:, None, None], (40, 28, 28))
    pictures, labels, numbers = scattered_digits(digits, values.astype("int64") % 10, 80, 33, 0, 5)
    seen = [np.unique(picture[picture > 0]) for picture in pictures]
    assert all(len(each) == 1 for each in seen)
    found = np.array([int(each[0]) for each in seen])
    assert (labels == found % 10).all()
    assert (numbers == found - 1).all()
    assert (np.bincount(numbers) == 2).all()
    places = set()
    for picture in pictures:
        rows, columns = np.nonzero(picture)
        assert len(rows) == 20 * 20
        assert (np.ptp(rows), np.ptp(columns)) == (19, 19)
        places.add((int(rows[0]), int(columns[0])))
    assert len(places) > 40


def test_pieces_lie_around_and_hide_nothing() -> None:
    """Fails if pieces replace what is below them, are larger than 8 × 8, or the seed does not decide."""
    pixels, labels = mnist_5k.digits()
    few = pixels[::250], labels[::250]
    with_pieces, _, numbers = scattered_digits(*few, 36, 48, 5, 2)
    again, _, _ = scattered_digits(*few, 36, 48, 5, 2)
    assert np.array_equal(with_pieces, again)
    assert with_pieces.dtype == np.uint8
    for picture, number in zip(with_pieces, numbers):
        ink, found = few[0][number, 4:24, 4:24], False
        for top, left in np.ndindex(29, 29):
            if (picture[top : top + 20, left : left + 20] >= ink).all():
                rest = picture.copy()
                rest[top : top + 20, left : left + 20] = 0
                found = found or int((rest > 0).sum()) <= 5 * 64
        assert found


def test_pictures_of_one_digit_are_in_one_part() -> None:
    """Fails if what is checked was trained on in another place of the picture."""
    project = load("glimpse")
    net = compile_net(project)
    data = batches.joined(net.plan)
    training, validation, _ = batches.divide(net.plan, data, 0.15, 0, 0.0)
    digits = data.feeds["digits"].groups
    assert len(validation) > 1000
    assert not set(digits[training].tolist()) & set(digits[validation].tolist())
