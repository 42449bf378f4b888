"""How much of the spread of the truth answers explain: R² from sums over samples, so that it has an interval."""

from __future__ import annotations

import numpy as np
from torch import Tensor

_MOST = 8_000_000  # numbers that are kept until all are there: 128 MB


def r2(sums: np.ndarray) -> np.ndarray:
    """R² of totals (..., 4) of what ``r2_sums`` gives: squared errors, numbers, their sum about any middle, their
    squares about it."""
    spread = sums[..., 3] - np.square(sums[..., 2]) / sums[..., 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 1e-12 * np.abs(sums[..., 3]), 1 - sums[..., 0] / spread, np.nan)


def r2_sums(squares: np.ndarray, about: np.ndarray) -> np.ndarray:
    """What each of n samples adds to R², (n, 4): ``squares`` (n, outputs) are its squared errors, ``about`` (n,
    outputs) its truth about a value near to that of all. Several outputs are measured by the spread of each, so that R²
    is the mean of the R² of each; those that do not spread are left out. That spread is the same in every resample."""
    if about.shape[1] == 1:
        return np.stack([squares[:, 0], np.ones(len(about)), about[:, 0], np.square(about[:, 0])], 1)
    mean = about.mean(0)
    return _weighted(squares, about - mean, _weights(about))


def _weights(about: np.ndarray) -> np.ndarray:
    """One over the spread of each output; 0 where it has none."""
    spread = np.square(about - about.mean(0)).sum(0)
    spreads = spread > 1e-12 * np.square(about).sum(0)
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=spreads)


def _weighted(squares: np.ndarray, about: np.ndarray, weights: np.ndarray) -> np.ndarray:
    zeros = np.zeros(len(about))
    return np.stack([squares @ weights, zeros + np.count_nonzero(weights) + 1, zeros, np.square(about) @ weights], 1)


class Explained:
    """Gathers what samples add to R², batch by batch. Of very many numbers (pictures of thousands of samples), the
    spread of the outputs is that of the first samples, for they are not kept."""

    def __init__(self) -> None:
        self._middle: Tensor | None = None  # in double, near to all: prices and years are far from 0
        self._squares: list[np.ndarray] = []
        self._about: list[np.ndarray] = []
        self._kept = 0
        self._done: list[np.ndarray] = []
        self._known: tuple[np.ndarray, np.ndarray] | None = None  # mean and weight of each output

    def add(self, squares: Tensor, truth: Tensor) -> None:
        """A batch: squared errors and truth, (samples, outputs) in double."""
        if self._middle is None:
            self._middle = truth.mean(0)
        self._squares.append(squares.cpu().numpy())
        self._about.append((truth - self._middle).cpu().numpy())
        self._kept += truth.numel()
        if self._kept > _MOST and truth.shape[1] > 1:
            self._count()

    def _count(self) -> None:
        squares, about = np.concatenate(self._squares), np.concatenate(self._about)
        self._squares, self._about, self._kept = [], [], 0
        if self._known is None:
            self._known = about.mean(0), _weights(about)
        mean, weights = self._known
        self._done.append(_weighted(squares, about - mean, weights))

    def sums(self) -> np.ndarray:
        """What each sample adds, (n, 4)."""
        if not self._done:
            return r2_sums(np.concatenate(self._squares), np.concatenate(self._about))
        if self._squares:
            self._count()
        return np.concatenate(self._done)
