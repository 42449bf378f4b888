"""What the units of a layer have in common with the classes, and how their values spread over the data."""

from __future__ import annotations

import numpy as np

from app.insight.judgement_pictures import word
from app.insight.numbers import percent
from app.insight.tiles import NoPicture, Tiles, signed_scale
from app.insight.unit_responses import UnitResponses, counted, responses, units_first, values_over
from app.insight.view import Look
from nodes.api import cut

BINS = 128
MOST_NAMED = 8


def tuning_pictures(look: Look, part: str, unit: int | str, order: str, most: int | str) -> Tiles:
    """The mean of the strongest answers of each unit to the samples of each class, as one map of units and classes, the
    more of which lie across; of one unit as bars.

    Raises:
        NoPicture: without classes, or for a unit that there is not.
    """
    found = responses(look.subject, look.node, part, most)
    if found.labels is None:
        raise NoPicture("These samples have no class each, so no unit can prefer one. Look at the top samples instead.")
    means, present = by_class(found)
    units = means.shape[0]
    words = tuple(cut(word(found.words, int(each)), 14) for each in present)
    if isinstance(unit, int):
        if unit >= units:
            raise NoPicture(f"{look.node} has no unit {unit}; it has {units}, numbered from 0 to {units - 1}.")
        values = means[unit].astype(np.float32)
        low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        low, high = (low, high) if low < high else (0.0, 1.0)
        note = f"The mean of its strongest answers. Of {found.said}. {_prefers(means, words, [unit])}"
        title = f"{look.node}: what unit {unit} answers to each class"
        return Tiles(
            values.reshape(1, 1, -1), low, high, "viridis", title, words, layout="bars", x_label="class", note=note
        )
    rows = np.arange(units)
    if order == "class":
        rows = np.lexsort((-selectivity(means), means.argmax(1)))
    spread = means - means.mean(1, keepdims=True)
    scaled = spread / np.maximum(np.abs(spread).max(1, keepdims=True), 1e-12)
    scaled = np.where(np.abs(spread).max(1, keepdims=True) > 0, scaled, 0.0)[rows].astype(np.float32)
    best = np.argsort(-selectivity(means), kind="stable")[:MOST_NAMED]
    note = (
        f"Red: more than its mean over the classes, blue: less; each unit on its own scale. Of {found.said}. "
        f"{_prefers(means, words, best.tolist())}"
    )
    if order == "class":
        some = ", ".join(map(str, rows[:24])) + (" …" if units > 24 else "")
        note += f" {'From above' if units <= len(words) else 'From the left'}: {some}."
    names = f"classes: {', '.join(words)}" if len(", ".join(words)) <= 60 else "class"
    title = f"{look.node}: which class each unit answers to"
    if units > len(words):  # a panel is wider than high: many units stand side by side, or their rows could not be seen
        lying = np.ascontiguousarray(scaled.T)
        return Tiles(lying[None], *signed_scale(lying), "diverging", title, x_label="unit", y_label=names, note=note)
    return Tiles(scaled[None], *signed_scale(scaled), "diverging", title, x_label=names, y_label="unit", note=note)


def by_class(found: UnitResponses) -> tuple[np.ndarray, np.ndarray]:
    """The mean of the strongest answers to each class ``(units, classes)``, and which classes there are."""
    assert found.labels is not None
    present = np.unique(found.labels)
    means = np.stack([found.best[found.labels == each].astype(np.float64).mean(0) for each in present], axis=1)
    return means, present


def selectivity(means: np.ndarray) -> np.ndarray:
    """How far the preferred class of each unit stands out: its mean next to that of all others, from 0 (alike) to 1
    (it answers to nothing else), as Morcos et al. (2018) have it. An answer below 0 counts as none."""
    if means.shape[1] < 2:
        return np.zeros(len(means))
    above = np.maximum(means, 0.0)
    best = above.max(1)
    others = (above.sum(1) - best) / (means.shape[1] - 1)
    total = best + others
    return np.where(total > 0, (best - others) / np.where(total > 0, total, 1.0), 0.0)


def _prefers(means: np.ndarray, words: tuple[str, ...], units: list[int]) -> str:
    index = selectivity(means)
    said = [f"unit {unit} for {words[int(means[unit].argmax())]} ({index[unit]:.2f})" for unit in units if index[unit]]
    if not said:
        return "No class is preferred."
    return f"Preference, from 0 (alike) to 1: {', '.join(said)}."


def distribution_pictures(look: Look, part: str, most: int | str) -> tuple[Tiles, ...]:
    """How the values of a layer spread over the data, as a line; and how often each unit is not 0 (or above 0, where
    there are values below), as bars.

    Raises:
        NoPicture: as ``values_over``, or for values that are not numbers.
    """
    spread = GrowingHistogram()
    active: np.ndarray | None = None
    answered: np.ndarray | None = None
    samples, places, whole = 0, 1, 0
    for numbers, _, value, every in values_over(look.subject, look.node, part, most):
        by_unit = units_first(value).float()
        values = by_unit.cpu().numpy()
        if not np.isfinite(values).all():
            raise NoPicture(
                f"{look.node} answers with values that are infinite or not numbers. Training has run away: use a "
                "smaller learning rate and train again."
            )
        spread.add(values)
        above = (values > 0).sum((0, 2))
        ever = (values > 0).any(2).sum(0)
        active = above if active is None else active + above
        answered = ever if answered is None else answered + ever
        samples, whole = samples + len(numbers), every
        places = values.shape[2]
    if active is None or answered is None:
        raise NoPicture(f"No sample of the {part} part can be read.")
    said = counted(samples, whole, part)
    return _spread_lines(look.node, spread, said), _activity(look.node, active / (samples * places), answered, said)


class GrowingHistogram:
    """A histogram that grows: where a value lies beyond its ends, they move out and neighbouring bins are joined, so
    that every count stays exact."""

    def __init__(self) -> None:
        self.reach = 0.0
        self.counts = np.zeros(2 * BINS, np.int64)
        self.zeros = self.total = 0
        self.sum = self.squares = 0.0
        self.low, self.high = np.inf, -np.inf

    def add(self, values: np.ndarray) -> None:
        """Count these values, which must be finite."""
        flat = values.reshape(-1).astype(np.float64)
        most = float(np.abs(flat).max(initial=0.0))
        if not self.reach:
            self.reach = most or 1.0
        while most > self.reach:
            pairs = self.counts.reshape(-1, 2).sum(1)
            self.counts[:] = 0
            self.counts[BINS // 2 : BINS // 2 + BINS] = pairs
            self.reach *= 2
        found, _ = np.histogram(flat, 2 * BINS, (-self.reach, self.reach))
        self.counts += found
        self.zeros += int((flat == 0).sum())
        self.total += flat.size
        self.sum += float(flat.sum())
        self.squares += float((flat**2).sum())
        self.low, self.high = min(self.low, float(flat.min())), max(self.high, float(flat.max()))

    @property
    def edges(self) -> np.ndarray:
        """The ends of the bins."""
        return np.linspace(-self.reach, self.reach, 2 * BINS + 1)

    @property
    def mean(self) -> float:
        return self.sum / max(self.total, 1)

    @property
    def deviation(self) -> float:
        return float(np.sqrt(max(self.squares / max(self.total, 1) - self.mean**2, 0.0)))


def _spread_lines(node: str, spread: GrowingHistogram, said: str) -> Tiles:
    used = np.flatnonzero(spread.counts)
    first, last = (int(used[0]), int(used[-1])) if used.size else (BINS, BINS)
    first, last = max(first - 1, 0), min(last + 1, 2 * BINS - 1)
    edges = spread.edges
    middles = (edges[:-1] + edges[1:])[first : last + 1] / 2
    shares = (spread.counts[first : last + 1] / max(spread.total, 1)).astype(np.float32)
    note = (
        f"Of {said}: mean {spread.mean:.3g}, deviation {spread.deviation:.3g}, from {spread.low:.3g} to "
        f"{spread.high:.3g}. {percent(spread.zeros / max(spread.total, 1))} are exactly 0."
    ).replace("-", "−")
    return Tiles(
        shares.reshape(1, 1, -1), 0.0, max(float(shares.max()), 1e-9), "viridis",
        f"{node}: how its values spread", layout="lines", at=middles, x_label="value", y_label="share of all values",
        percent=True, note=note,
    )  # fmt: skip


def _activity(node: str, shares: np.ndarray, answered: np.ndarray, said: str) -> Tiles:
    never = np.flatnonzero(answered == 0)
    units = len(shares)
    mean = percent(float(shares.mean()))
    note = f"Each bar is the share of the values of a unit that lie above 0. In the mean {mean} do."
    if never.size:
        some = ", ".join(map(str, never[:12])) + (" and more" if never.size > 12 else "")
        note += f" {never.size} of {units} units never do: {some}."
    return Tiles(
        shares.astype(np.float32).reshape(1, 1, -1), 0.0, 1.0, "viridis", f"{node}: how often each unit is active",
        layout="bars", x_label="unit", percent=True, note=f"{note} Of {said}.",
    )  # fmt: skip
