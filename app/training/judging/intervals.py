"""95 % intervals: how far a number of a few samples may be from that of all there could be."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Z = 1.959963984540054  # of the normal distribution: 95 % lie within so many deviations
RESAMPLES = 1000
_MOST_DRAWN = 40_000_000  # numbers of one bootstrap


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with the ends of its 95 % interval. ``how`` says how they were found: ``Wilson``, ``t`` or
    ``bootstrap``."""

    value: float
    low: float
    high: float
    how: str


def wilson(right: int, count: int) -> Interval:
    """The interval of a share, after Wilson (1927): never beyond 0 and 1, and of some width where all are right.

    Raises:
        ValueError: without samples.
    """
    if count < 1:
        raise ValueError("A share of no samples has no interval.")
    share, square = right / count, Z * Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    low = 0.0 if right == 0 else max(0.0, middle - half)
    return Interval(share, low, 1.0 if right == count else min(1.0, middle + half), "Wilson")


def of_mean(values: np.ndarray) -> Interval | None:
    """The interval of a mean (n,) by Student's t; what is no number is left out. None for fewer than two values."""
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return None
    from scipy.stats import t

    mean = float(values.mean())
    half = float(t.ppf(0.975, len(values) - 1)) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half, "t")


def of_counts(counts: np.ndarray, number: Callable[[np.ndarray], np.ndarray], seed: int = 0) -> Interval | None:
    """The interval of a number that is read off a table of counts, such as a confusion matrix (classes, classes): the
    samples behind it are drawn again and again with replacement. ``number`` takes tables (..., classes, classes)."""
    total = int(counts.sum())
    cells = counts.reshape(-1).nonzero()[0]
    if total < 2:
        return None
    shares = counts.reshape(-1)[cells] / total
    many = int(np.clip(_MOST_DRAWN // counts.size, 20, RESAMPLES))
    drawn = np.random.default_rng(seed).multinomial(total, shares, size=many)
    found = []
    at_once = max(1, 2_000_000 // counts.size)
    for start in range(0, many, at_once):
        part = drawn[start : start + at_once]
        tables = np.zeros((len(part), counts.size))
        tables[:, cells] = part
        found.append(number(tables.reshape(len(part), *counts.shape)))
    return _between(float(number(counts[None].astype(float))[0]), np.concatenate(found))


def of_sums(sums: np.ndarray, number: Callable[[np.ndarray], np.ndarray], seed: int = 0) -> Interval | None:
    """The same for a number that is worked out from sums over samples: ``sums`` (n, k) are what each sample adds, and
    ``number`` takes totals (..., k)."""
    count = len(sums)
    if count < 2:
        return None
    many = int(np.clip(_MOST_DRAWN // count, 20, RESAMPLES))
    generator = np.random.default_rng(seed)
    totals = [
        np.bincount(generator.integers(count, size=count), minlength=count).astype(float) @ sums for _ in range(many)
    ]
    return _between(float(number(sums.sum(0)[None])[0]), number(np.array(totals)))


def _between(value: float, drawn: np.ndarray) -> Interval | None:
    drawn = drawn[np.isfinite(drawn)]
    if not math.isfinite(value) or len(drawn) < 10:
        return None
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(value, float(low), float(high), "bootstrap")
