"""Digits somewhere in a larger picture among pieces of others, put there with a seed. Printed into scripts, so it needs
nothing of ours."""

from __future__ import annotations

from typing import Any


def scattered_digits(
    digits: Any, labels: Any, counts: dict[str, int], side: int, pieces: int, seed: int
) -> tuple[Any, Any]:
    """Pictures of one digit each (n, side, side), bytes, and the numbers of the digits (n,), the parts in the order of
    ``counts``, which says how many pictures each has. ``digits`` are (m, 28, 28) bytes, whose middle 20 × 20 dots are
    put somewhere, with ``pieces`` squares of 8 × 8 dots of other digits around. A sixth of the digits is kept for the
    parts behind the first."""
    import numpy

    random = numpy.random.default_rng(seed)
    shuffled = random.permutation(len(labels))
    held = len(shuffled) // 6
    whole = digits[:, 4:24, 4:24]
    pictures = numpy.zeros((sum(counts.values()), side, side), "uint8")
    chosen, at = [], 0
    for part, count in counts.items():
        pool = shuffled[held:] if part == "train" else shuffled[:held]
        numbers = random.choice(pool, count)
        others = random.choice(pool, (count, pieces))
        cuts = random.integers(2, 11, (count, pieces, 2))
        places = random.integers(0, side - 8 + 1, (count, pieces, 2))
        middles = random.integers(0, side - 20 + 1, (count, 2))
        for picture, number, other, cut, place, (top, left) in zip(
            pictures[at : at + count], numbers, others, cuts, places, middles
        ):
            for one, (row, column), (y, x) in zip(other, cut, place):
                here = picture[y : y + 8, x : x + 8]
                numpy.maximum(here, whole[one, row : row + 8, column : column + 8], out=here)
            here = picture[top : top + 20, left : left + 20]
            numpy.maximum(here, whole[number], out=here)
        chosen.append(labels[numbers])
        at += count
    return pictures, numpy.concatenate(chosen)
