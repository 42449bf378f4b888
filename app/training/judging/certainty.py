"""Whether a net is as often right as it is sure: reliability, expected calibration error, and a threshold of sureness
below which it had better not answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 15
MOST_THRESHOLDS = 400  # points of a curve


@dataclass(frozen=True, eq=False)
class Reliability:
    """Answers by how sure the net was, in steps of equal width from 0 to 1. ``sure`` and ``right`` (steps,) are means
    and not numbers where ``counts`` is 0; ``error`` is the expected calibration error: the mean distance of both,
    weighted by the counts."""

    counts: np.ndarray
    sure: np.ndarray
    right: np.ndarray
    error: float

    @property
    def too_sure(self) -> float:
        """By how much the net is on average surer than it is right; negative where it is too modest."""
        known = self.counts > 0
        total = self.counts.sum()
        return float(((self.sure - self.right)[known] * self.counts[known]).sum() / total) if total else 0.0


def reliability(sure: np.ndarray, right: np.ndarray, bins: int = BINS) -> Reliability:
    """From the probability of the chosen class (n,) and whether it was right (n,)."""
    place = np.clip(np.ceil(np.asarray(sure, float) * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(place, sure, minlength=bins) / counts
        hit = np.bincount(place, np.asarray(right, float), minlength=bins) / counts
    known = counts > 0
    error = float((np.abs(mean - hit)[known] * counts[known]).sum() / max(1, counts.sum()))
    return Reliability(counts, mean, hit, error)


@dataclass(frozen=True, eq=False)
class AbstentionCurve:
    """What comes of a net that says "don't know" where it is less sure than a threshold: by threshold, which rises,
    the share of samples that it answers and the share of right answers among those."""

    thresholds: np.ndarray
    answered: np.ndarray
    right: np.ndarray

    def at(self, threshold: float) -> tuple[float, float]:
        """The share answered and the share of right answers among those; the latter is no number where none is."""
        place = int(np.searchsorted(self.thresholds, threshold - 1e-12))
        if place >= len(self.thresholds):
            return 0.0, float("nan")
        return float(self.answered[place]), float(self.right[place])

    def reaching(self, share: float) -> float | None:
        """The lowest threshold from which on the answers are right to at least this share; None if none does that for
        a tenth of the samples."""
        below = np.flatnonzero((self.right < share) & (self.answered >= 0.1))
        place = int(below[-1]) + 1 if len(below) else 0
        if place >= len(self.thresholds) or self.answered[place] < 0.1:
            return None
        return float(self.thresholds[place])


def answering(sure: np.ndarray, right: np.ndarray) -> AbstentionCurve:
    """From the probability of the chosen class (n,) and whether it was right (n,)."""
    sure = np.asarray(sure, float)
    order = np.argsort(sure, kind="stable")
    levels, hits = sure[order], np.asarray(right, float)[order]
    firsts = np.flatnonzero(np.r_[True, np.diff(levels) > 0]) if len(levels) else np.empty(0, int)
    behind = hits[::-1].cumsum()[::-1]  # right ones among those that are at least as sure
    if len(firsts) > MOST_THRESHOLDS:
        firsts = firsts[np.linspace(0, len(firsts) - 1, MOST_THRESHOLDS).round().astype(int)]
    left = len(levels) - firsts
    return AbstentionCurve(levels[firsts], left / max(1, len(levels)), behind[firsts] / np.maximum(left, 1))
