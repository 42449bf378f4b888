"""What of a curve is drawn: few points of many that lose no peak, running means, the band from lowest to highest.
Neither Qt nor pyqtgraph. All of it takes a few milliseconds for a million points."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

MOST_POINTS = 1200  # of the loss of single batches; a screen is not wider
MOST_BANDS = 200  # stretches of a band
LEAST_BAND = 4  # batches of one


def values_of(numbers: Sequence[float]) -> np.ndarray:
    """As an array of its own: nobody else may hold on to the memory of one that still grows."""
    if isinstance(numbers, array):
        return np.frombuffer(numbers, float).copy() if numbers else np.empty(0)
    return np.array(numbers, float)


@contextmanager
def looked_into(*numbers: Sequence[float]) -> Iterator[tuple[np.ndarray, ...]]:
    """As arrays without a copy, which takes milliseconds for a million. Nothing of them may be kept: what still grows
    could not grow any more."""
    found = [
        np.frombuffer(each, float) if isinstance(each, array) and each else np.array(each, float) for each in numbers
    ]
    try:
        yield tuple(found)
    finally:
        found.clear()


class CurveStretches:
    """The curve of numbers that become more, as few points that lose no peak: of each stretch the lowest and the
    highest, and the last point. Only what is new is looked at; where there are too many stretches, neighbours become
    one."""

    def __init__(self, most: int = MOST_POINTS) -> None:
        self._most = most // 2
        self._owner: object = None
        self._size = 1  # values of a stretch
        self._known = 0  # values that are in one
        self._ends = np.empty((2, 0))  # where each stretch begins and ends
        self._low, self._high = np.empty((2, 0)), np.empty((2, 0))  # x and y of both

    def of(self, owner: object, x: np.ndarray, y: np.ndarray) -> None:
        """Take in the curve so far of whatever ``owner`` stands for."""
        if owner != self._owner or len(y) < self._known:
            self._owner, self._known, self._size = owner, 0, 1
            while len(y) // self._size > self._most:
                self._size *= 2
            self._ends = self._low = self._high = np.empty((2, 0))
        whole = (len(y) - self._known) // self._size
        if not whole:
            return
        end = self._known + whole * self._size
        across = x[self._known : end].reshape(whole, -1)
        values = y[self._known : end].reshape(whole, -1)
        rows, good = np.arange(whole), np.isfinite(values)
        if good.all():
            lowest, highest = values.argmin(1), values.argmax(1)
        else:  # NaN would be both, and infinity hide what is highest
            lowest = np.where(good, values, np.inf).argmin(1)
            highest = np.where(good, values, -np.inf).argmax(1)
        self._ends = np.concatenate([self._ends, [across[:, 0], across[:, -1]]], 1)
        self._low = np.concatenate([self._low, [across[rows, lowest], values[rows, lowest]]], 1)
        self._high = np.concatenate([self._high, [across[rows, highest], values[rows, highest]]], 1)
        self._known = end
        while self._ends.shape[1] > self._most:
            self._join()

    def _join(self) -> None:
        """Two neighbours each become one stretch; a last one without a neighbour is looked at again."""
        count = self._ends.shape[1] // 2
        self._known = count * 2 * self._size
        self._size *= 2
        low, high = (each[:, : 2 * count].reshape(2, count, 2) for each in (self._low, self._high))
        rows = np.arange(count)
        below = np.where(np.isfinite(low[1]), low[1], np.inf).argmin(1)
        above = np.where(np.isfinite(high[1]), high[1], -np.inf).argmax(1)
        ends = self._ends[:, : 2 * count].reshape(2, count, 2)
        self._ends = np.stack([ends[0, :, 0], ends[1, :, 1]])
        self._low, self._high = low[:, rows, below], high[:, rows, above]

    def points(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The curve (x, y), of which all but the end was taken in, as few points."""
        if len(y) <= 2 * self._most:
            return x.copy(), y.copy()
        first = self._low[0] <= self._high[0]
        both = np.stack([np.where(first, self._low, self._high), np.where(first, self._high, self._low)], 2)
        rest = thinned(x[self._known :], y[self._known :], 4)
        across = np.concatenate([both[0].reshape(-1), rest[0], x[-1:]])
        return across, np.concatenate([both[1].reshape(-1), rest[1], y[-1:]])

    def band(self, most: int = MOST_BANDS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """As the function ``band`` gives it, of what was taken in."""
        count = self._ends.shape[1]
        if self._size == 1 or count < 2:
            return np.empty(0), np.empty(0), np.empty(0)
        starts = np.linspace(0, count, min(most, count), endpoint=False).astype(int)
        ends = np.append(starts[1:], count)
        low, high = np.fmin.reduceat(self._low[1], starts), np.fmax.reduceat(self._high[1], starts)
        return (self._ends[0, starts] + self._ends[1, ends - 1]) / 2, low, high


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
