"""Handwritten digits somewhere in a larger picture, among pieces of others, put there with a seed. Printed into
scripts, so it needs nothing of ours."""

from __future__ import annotations

from typing import Any


def scattered_digits(
    digits: Any, labels: Any, counts: dict[str, int], side: int, pieces: int, seed: int
) -> tuple[Any, Any]:
    """Pictures with one of the ``digits`` (m, 28, 28) with ``labels`` (m,) each: bytes (n, side, side), and which digit
    it is (n,). The parts come in the order of ``counts``, which says how many pictures each has; none has a digit of
    another part. The middle 20 × 20 dots, which hold the digit, are put anywhere, and squares of 8 × 8 dots out of
    ``pieces`` other ones as well."""
    import numpy

    random = numpy.random.default_rng(seed)
    mixed = random.permutation(len(labels))
    total = sum(counts.values())
    ends = numpy.cumsum(list(counts.values()))
    shares = [0, *(ends * len(labels) // total).tolist()]
    pictures = numpy.zeros((total, side, side), "uint8")
    chosen = numpy.empty(total, "int64")
    used = 0
    for part, end in enumerate(ends.tolist()):
        pool = mixed[shares[part] : max(shares[part + 1], shares[part] + 1)]
        chosen[used:end] = numpy.resize(pool, end - used)  # each as often as any other
        for picture, digit in zip(pictures[used:end], chosen[used:end]):
            for other in random.choice(pool, pieces):
                row, column = random.integers(4, 17, 2)
                top, left = random.integers(0, side - 8 + 1, 2)
                here = picture[top : top + 8, left : left + 8]
                numpy.maximum(here, digits[other, row : row + 8, column : column + 8], out=here)
            top, left = random.integers(0, side - 20 + 1, 2)
            here = picture[top : top + 20, left : left + 20]
            numpy.maximum(here, digits[digit, 4:24, 4:24], out=here)
        used = end
    return pictures, labels[chosen]
