"""Handwritten digits somewhere in a larger picture, among pieces of others, put there with a seed. Printed into
scripts, so it needs nothing of ours."""

from __future__ import annotations

from typing import Any


def scattered_digits(digits: Any, labels: Any, count: int, side: int, pieces: int, seed: int) -> tuple[Any, Any, Any]:
    """Pictures with one of the ``digits`` (m, 28, 28) with ``labels`` (m,) each: bytes (count, side, side), which digit
    it is (count,), and the number of the one that was taken (count,), each as often as any other. Its middle 20 × 20
    dots, which hold the ink, are put anywhere, and squares of 8 × 8 dots out of ``pieces`` other ones as well."""
    import numpy

    random = numpy.random.default_rng(seed)
    chosen = numpy.resize(random.permutation(len(labels)), count)
    pictures = numpy.zeros((count, side, side), "uint8")
    for picture, digit in zip(pictures, chosen):
        for other in random.integers(0, len(labels), pieces):
            row, column = random.integers(4, 17, 2)
            top, left = random.integers(0, side - 8 + 1, 2)
            here = picture[top : top + 8, left : left + 8]
            numpy.maximum(here, digits[other, row : row + 8, column : column + 8], out=here)
        top, left = random.integers(0, side - 20 + 1, 2)
        here = picture[top : top + 20, left : left + 20]
        numpy.maximum(here, digits[digit, 4:24, 4:24], out=here)
    return pictures, labels[chosen], chosen
