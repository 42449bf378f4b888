"""Numbers of values that come batch by batch and are never held together: ranges, means, histograms, correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

BINS = 32
LONG = 2_048  # values that are added up side by side
CACHED = 65_536  # values that are measured at once, so that they stay in the processor's cache
FEW_CLASSES = 48  # each of which is looked for, one after another


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a table, or one channel of pictures. ``values`` counts finite ones, ``missing`` those that are
    not a number, ``infinite`` those without an end. ``edges`` are one more than ``counts``. ``correlation`` with what
    is to be learned: from −1 to 1 with a number, from 0 to 1 with classes (the correlation ratio); None where it cannot
    be told. All are None where there is no finite value."""

    values: int
    missing: int
    infinite: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    std: float | None = None
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    correlation: float | None = None

    @property
    def constant(self) -> bool:
        """Whether it is the same in every sample."""
        return self.values > 0 and self.low == self.high and not self.missing and not self.infinite


def by_feature(values: Tensor) -> Tensor:
    """Values (n, ...) of a field as (n, m, features): a feature of a table or of a series is the last axis, a channel
    of pictures the first."""
    if values.ndim == 1:
        return values[:, None, None]
    if values.ndim == 2:
        return values[:, None, :]
    if values.ndim == 3:
        return values
    return values.flatten(2).transpose(1, 2)


class Measures:
    """Sums over all values of each feature: how many there are, how they lie, what is missing."""

    def __init__(self, features: int) -> None:
        self.count = torch.zeros(features, dtype=torch.float64)
        self.mean = torch.zeros(features, dtype=torch.float64)
        self.squares = torch.zeros(features, dtype=torch.float64)
        self.low = torch.full((features,), float("inf"), dtype=torch.float64)
        self.high = torch.full((features,), -float("inf"), dtype=torch.float64)
        self.missing = torch.zeros(features, dtype=torch.int64)
        self.infinite = torch.zeros(features, dtype=torch.int64)

    def add(self, values: Tensor) -> None:
        """Take in values (n, m, features)."""
        low, high = self._measure(values.flatten(0, 1))
        self.low, self.high = torch.minimum(self.low, low), torch.maximum(self.high, high)

    def _measure(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Add up rows (n, features), apart from what is not finite; their lowest and highest values. Of a few features,
        many rows are looked at as one long one: summing along short rows takes several times as long."""
        fold = max(1, LONG // max(1, rows.shape[1]))
        whole = len(rows) - len(rows) % fold
        pieces = ((rows[:whole], fold), (rows[whole:], 1))
        found = [self._add_up(piece, each) for piece, each in pieces if len(piece) or not len(rows)]
        return torch.stack([low for low, _ in found]).amin(0), torch.stack([high for _, high in found]).amax(0)

    def _add_up(self, rows: Tensor, fold: int) -> tuple[Tensor, Tensor]:
        """The same where ``fold`` rows are one long one. Sums are in float64, in memory that is used again and again:
        fresh memory for each step takes longer than the step itself."""
        width = fold * rows.shape[1]
        at_once = max(1, CACHED // max(1, width))
        values = rows.numpy().reshape(len(rows) // fold, width)
        room = np.empty((min(at_once, len(values)), width))
        low, high = np.full(width, np.inf), np.full(width, -np.inf)
        near, total, squares = np.zeros(width), np.zeros(width), np.zeros(width)
        with np.errstate(invalid="ignore"):
            for start in range(0, len(values), at_once):
                piece = values[start : start + at_once]
                np.minimum(low, piece.min(0), out=low)
                np.maximum(high, piece.max(0), out=high)
                apart = room[: len(piece)]
                if not start:  # large numbers lose nothing where they are counted from a mean
                    np.copyto(apart, piece)
                    near = np.tile(apart.mean(0).reshape(fold, -1).mean(0), fold)
                np.subtract(piece, near, out=apart)
                total += apart.sum(0)
                squares += np.square(apart, out=apart).sum(0)
        lowest, highest = low.reshape(fold, -1).min(0), high.reshape(fold, -1).max(0)
        if len(rows) and not (np.isfinite(lowest).all() and np.isfinite(highest).all()):
            return self._add_up_finite(rows)
        mean = total.reshape(fold, -1).sum(0) / max(1, len(rows))
        spread = squares.reshape(fold, -1).sum(0) - len(rows) * np.square(mean)
        count = torch.full_like(self.count, len(rows))
        self._merge(count, torch.from_numpy(near.reshape(fold, -1)[0] + mean), torch.from_numpy(spread))
        return torch.from_numpy(lowest), torch.from_numpy(highest)

    def _add_up_finite(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        finite = rows.isfinite()
        count = finite.sum(0).double()
        self.missing += rows.isnan().sum(0)
        self.infinite += rows.isinf().sum(0)
        good = torch.where(finite, rows, float("nan")).double()
        mean = good.nansum(0) / count.clamp(min=1)
        self._merge(count, mean, (good - mean).square_().nansum(0))
        low, high = (torch.where(finite, rows, end).double() for end in (float("inf"), -float("inf")))
        return low.amin(0), high.amax(0)

    def _merge(self, count: Tensor, mean: Tensor, squares: Tensor) -> None:
        """Add others, of which ``squares`` are the sums of their squared deviations, as Chan adds up deviations."""
        both = (self.count + count).clamp(min=1)
        apart = mean - self.mean
        self.squares += squares + apart.square() * self.count * count / both
        self.mean = torch.where(count > 0, self.mean + apart * count / both, self.mean)
        self.count += count

    def put(self, places: Sequence[int] | Tensor, other: Measures) -> None:
        """Take over the features of another one at these places."""
        for name in ("count", "mean", "squares", "low", "high", "missing", "infinite"):
            getattr(self, name)[places] = getattr(other, name)

    def features(self, correlations: list[float | None] | None = None) -> tuple[Feature, ...]:
        """The numbers of each feature."""
        found = []
        for place in range(len(self.count)):
            count = int(self.count[place])
            lost = (count, int(self.missing[place]), int(self.infinite[place]))
            if not count:
                found.append(Feature(*lost))
                continue
            edges, counts = self._bins(place, count)
            found.append(
                Feature(
                    *lost,
                    float(self.low[place]),
                    float(self.high[place]),
                    float(self.mean[place]),
                    float((self.squares[place] / count).clamp(min=0).sqrt()),
                    tuple(edges),
                    tuple(counts),
                    correlations[place] if correlations is not None else None,
                )
            )
        return tuple(found)

    def _bins(self, place: int, count: int) -> tuple[list[float], list[int]]:
        """The histogram of a feature: edges and counts; none here."""
        return [], []


def counts_of(codes: Tensor, classes: int) -> Tensor:
    """How often each of so many classes stands among codes of any shape; what is none of them counts nowhere. Of a few
    classes each is looked for: that takes a tenth of the time of sorting all codes into bins, which are 64 bits wide
    for it."""
    flat = codes.flatten()
    if classes > FEW_CLASSES:
        return torch.bincount(flat[(flat >= 0) & (flat < classes)].long(), minlength=classes)
    values = flat.numpy()
    counts = torch.zeros(classes, dtype=torch.int64)
    for start in range(0, len(values), CACHED):
        piece = values[start : start + CACHED]
        counts += torch.tensor([int(np.count_nonzero(piece == each)) for each in range(classes)], dtype=torch.int64)
    return counts


def of_words(counts: Tensor, samples: int) -> Measures:
    """The measures of features that are 1 in ``counts`` (features,) of so many samples, and 0 in all others."""
    made = Measures(len(counts))
    made.count += samples
    made.mean += counts.double() / max(1, samples)
    made.squares += counts * (1 - made.mean)
    made.low, made.high = (counts == samples).double(), (counts > 0).double()
    return made


def of_numbers(lying: Mapping[str, Tensor], samples: int) -> Measures:
    """The measures of features of which ``low``, ``high``, ``mean`` and ``std`` (features,) of so many samples are
    known, all of them finite."""
    made = Measures(len(lying["mean"]))
    made.count += samples
    made.mean += lying["mean"]
    made.squares += lying["std"].square() * samples
    made.low, made.high = lying["low"].double(), lying["high"].double()
    return made


class Ranges(Measures):
    """The same with histograms. Memory: a few numbers and BINS counts for each feature."""

    def __init__(self, features: int) -> None:
        super().__init__(features)
        self.start = torch.zeros(features, dtype=torch.float64)  # of the histogram
        self.width = torch.zeros(features, dtype=torch.float64)  # of one bin; 0 until there are two values
        self.bins = torch.zeros(features, BINS, dtype=torch.int64)

    def add(self, values: Tensor) -> None:
        """Take in values (n, m, features)."""
        rows = values.flatten(0, 1).double()
        low, high = self._measure(rows)
        self._widen(torch.minimum(self.low, low), torch.maximum(self.high, high))
        self._count_into(rows, rows.isfinite())

    def _widen(self, low: Tensor, high: Tensor) -> None:
        """Make the bins reach from ``low`` to ``high``: pairs become one bin, so that what was counted stays right."""
        known = low.isfinite()
        fresh = known & (self.width == 0) & (high > low)
        before = torch.where(fresh, self.bins.sum(1), 0)  # values that were all the same until now
        place = torch.where(fresh, self.low, 0.0)
        self.low, self.high = low, high
        self.start = torch.where(fresh, low, self.start)
        # A little wider than needed, so that the largest value lies in the last bin.
        self.width = torch.where(fresh, (high - low) / BINS * (1 + 1e-9), self.width)
        for feature in before.nonzero().flatten().tolist():
            self.bins[feature] = 0
            at = int((place[feature] - self.start[feature]) / self.width[feature])
            self.bins[feature, min(max(at, 0), BINS - 1)] = before[feature]
        for _ in range(2_200):  # as often as a double can be doubled
            above = known & (self.width > 0) & (high > self.start + BINS * self.width)
            below = known & (self.width > 0) & (low < self.start) & ~above
            if not bool((above | below).any()):
                break
            pairs = self.bins.reshape(len(self.bins), BINS // 2, 2).sum(2)
            nothing = torch.zeros_like(pairs)
            self.bins[above] = torch.cat([pairs, nothing], 1)[above]
            self.bins[below] = torch.cat([nothing, pairs], 1)[below]
            self.start = torch.where(below, self.start - BINS * self.width, self.start)
            self.width = torch.where(above | below, self.width * 2, self.width)

    def _count_into(self, rows: Tensor, finite: Tensor) -> None:
        width = torch.where(self.width > 0, self.width, 1.0)
        start = torch.where(self.width > 0, self.start, self.low.nan_to_num(0.0, 0.0, 0.0))
        at = torch.where(finite, (rows - start) / width, 0.0).long().clamp(0, BINS - 1)
        place = at + torch.arange(rows.shape[1]) * BINS
        found = torch.bincount(place[finite], minlength=rows.shape[1] * BINS)
        self.bins += found.reshape(rows.shape[1], BINS)

    def _bins(self, place: int, count: int) -> tuple[list[float], list[int]]:
        low, width = float(self.low[place]), float(self.width[place])
        if not width:
            return [low, low], [count]
        start = float(self.start[place])
        return [start + number * width for number in range(BINS + 1)], self.bins[place].tolist()


class FeatureCorrelations:
    """How far each feature goes along with what is to be learned. A value that is not finite leaves its pair out."""

    def __init__(self, features: int, classes: int = 0) -> None:
        """``classes`` is their number, 0 for a target of numbers."""
        self.classes = classes
        self.shift: Tensor | None = None  # of the first batch, so that large numbers lose nothing
        self.sums = torch.zeros(6, features, dtype=torch.float64)  # n, x, y, xx, yy, xy
        self.by_class = torch.zeros(2, max(classes, 1), features, dtype=torch.float64)  # n, x

    def add(self, values: Tensor, target: Tensor) -> None:
        """Take in values (n, features) and the target (n,)."""
        x, y = values.double(), target.double()
        if self.shift is None:
            good = torch.where(x.isfinite(), x, 0.0)
            self.shift = good.sum(0) / x.isfinite().sum(0).clamp(min=1)
            self.middle = y[y.isfinite()].mean() if bool(y.isfinite().any()) else torch.zeros(())
        good = x.isfinite() & (y.isfinite() if not self.classes else (target >= 0))[:, None]
        x = torch.where(good, x - self.shift, 0.0)
        y = torch.where(good, (y - self.middle)[:, None], 0.0)
        self.sums += torch.stack(
            [good.double().sum(0), x.sum(0), y.sum(0), x.square().sum(0), y.square().sum(0), (x * y).sum(0)]
        )
        if self.classes:
            place = target.long().clamp(0, self.classes - 1)
            self.by_class[0].index_add_(0, place, good.double())
            self.by_class[1].index_add_(0, place, x)

    def values(self) -> list[float | None]:
        """One number for each feature; None where it has no deviation, or the target has none."""
        n, x, y, xx, yy, xy = self.sums
        n = n.clamp(min=1)
        spread = xx - x.square() / n
        if self.classes:
            count, total = self.by_class
            between = (total.square() / count.clamp(min=1)).sum(0) - x.square() / n
            found = (between / spread).clamp(0, 1).sqrt()
            usable = (count > 0).sum(0) > 1
        else:
            other = yy - y.square() / n
            found = ((xy - x * y / n) / (spread * other).sqrt()).clamp(-1, 1)
            usable = other > 1e-12 * yy
        usable &= spread > 1e-12 * xx.clamp(min=1e-300)
        return [float(value) if bool(fit) else None for value, fit in zip(found, usable)]
