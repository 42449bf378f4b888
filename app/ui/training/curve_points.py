"""What of a curve is drawn: few points of many that lose no peak, running means, the band from lowest to highest.
Neither Qt nor pyqtgraph. All of it takes a few milliseconds for a million points."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np

MOST_POINTS = 1200  # of the loss of single batches; a screen is not wider
MOST_BANDS = 200  # stretches of a band
LEAST_BAND = 4  # batches of one


def values_of(numbers: Sequence[float]) -> np.ndarray:
    """As an array of its own: nobody else may hold on to the memory of one that still grows."""
    if isinstance(numbers, array):
        return np.frombuffer(numbers, float).copy() if numbers else np.empty(0)
    return np.array(numbers, float)


def thinned(
    x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray, most: int = MOST_POINTS
) -> tuple[np.ndarray, np.ndarray]:
    """The curve with at most ``most`` points: of each stretch the lowest and the highest stay, so no peak is lost."""
    across = x if isinstance(x, np.ndarray) else values_of(x)
    values = y if isinstance(y, np.ndarray) else values_of(y)
    count = len(across)
    if count <= most:
        return across, values
    size = -(-count // (most // 2))
    whole = count // size * size
    stretches = values[:whole].reshape(-1, size)
    places = np.arange(len(stretches)) * size
    ends = np.stack([places + stretches.argmin(1), places + stretches.argmax(1)], 1)
    if not np.isfinite(values[ends]).all():  # NaN is both, and infinity hides what is highest
        stretches = np.nan_to_num(stretches, nan=0.0, posinf=0.0, neginf=0.0)
        ends = np.stack([places + stretches.argmin(1), places + stretches.argmax(1)], 1)
    chosen = np.concatenate([np.sort(ends, 1).reshape(-1), np.arange(whole, count)])
    return across[chosen], values[chosen]


def within(x: np.ndarray, low: float, high: float) -> slice:
    """The part of rising ``x`` that lies between two places, with one point more at each end."""
    first, last = np.searchsorted(x, [low, high])
    return slice(max(0, int(first) - 1), int(last) + 1)


def smoothed(values: np.ndarray, count: int) -> np.ndarray:
    """At each place the mean of the last ``count`` values, or of as many as there are; those that are no numbers are
    left out."""
    if count < 2 or not len(values):
        return values
    good = np.isfinite(values)
    whole = bool(good.all())
    sums = np.cumsum(values if whole else np.where(good, values, 0.0))
    numbers = np.arange(1, len(values) + 1, dtype=float) if whole else np.cumsum(good, dtype=float)
    sums[count:] = sums[count:] - sums[:-count].copy()
    numbers[count:] = numbers[count:] - numbers[:-count].copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / numbers)


class RunningMean:
    """``smoothed`` of a curve that grows: only what is new is computed."""

    def __init__(self) -> None:
        self._owner: object = None
        self._count = 0
        self._means = np.empty(0)
        self._known = 0

    def of(self, owner: object, values: np.ndarray, count: int) -> np.ndarray:
        """The means of all values so far of the curve that belongs to ``owner``."""
        if owner is not self._owner or count != self._count or len(values) < self._known:
            self._owner, self._count, self._known = owner, count, 0
        if len(values) > len(self._means):
            more = np.empty(max(1024, len(values) * 2))
            more[: self._known] = self._means[: self._known]
            self._means = more
        if len(values) > self._known:
            start = max(0, self._known - count + 1)
            self._means[self._known : len(values)] = smoothed(values[start:], count)[self._known - start :]
            self._known = len(values)
        return self._means[: self._known]


def band(x: np.ndarray, y: np.ndarray, most: int = MOST_BANDS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lowest and the highest value of each of at most ``most`` stretches, at their middles; what is no number does
    not count. Empty for fewer than two stretches."""
    stretches = min(most, len(x) // LEAST_BAND)
    if stretches < 2:
        return np.empty(0), np.empty(0), np.empty(0)
    starts = np.linspace(0, len(x), stretches, endpoint=False).astype(int)
    ends = np.append(starts[1:], len(x))
    middle = (x[starts] + x[ends - 1]) / 2
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        y = np.where(np.isfinite(y), y, np.nan)
        low, high = np.fmin.reduceat(y, starts), np.fmax.reduceat(y, starts)
    return middle, low, high
