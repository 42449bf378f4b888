"""What a confusion matrix says of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.training.judging.intervals import Interval, wilson
from nodes.api import Field


@dataclass(frozen=True)
class ClassResult:
    """One class: how many samples it has, which share of them was found (``recall``; None without samples), which share
    of those that were taken for it belong to it (``precision``; None if none was), their harmonic mean (None where the
    class neither occurs nor was chosen), and the class that it is most often taken for, with the count. Of a label,
    which a sample has or has not: ``accuracy`` is the share of samples that are right about it."""

    name: str
    samples: int
    recall: Interval | None
    precision: Interval | None
    f1: float | None
    taken_for: tuple[str, int] | None = None
    accuracy: Interval | None = None


def by_class(confusion: np.ndarray, words: Sequence[str]) -> tuple[ClassResult, ...]:
    """All classes in their order, from counts by right class (rows) and chosen class (columns)."""
    found = []
    for place, row in enumerate(confusion):
        right, samples, taken = int(row[place]), int(row.sum()), int(confusion[:, place].sum())
        wrong = row.copy()
        wrong[place] = 0
        most = int(wrong.argmax()) if len(wrong) else 0
        found.append(
            ClassResult(
                words[place] if place < len(words) else str(place),
                samples,
                wilson(right, samples) if samples else None,
                wilson(right, taken) if taken else None,
                2 * right / (samples + taken) if samples + taken else None,
                (words[most] if most < len(words) else str(most), int(wrong[most])) if wrong[most] else None,
            )
        )
    return tuple(found)


def by_label(counts: np.ndarray, words: Sequence[str]) -> tuple[ClassResult, ...]:
    """All labels in their order, from how often each was found, true, told and answered at all (labels, 4)."""
    found = []
    for place, (hits, true, told, answered) in enumerate(counts.tolist()):
        right = answered - true - told + 2 * hits  # all but those missed and those told wrongly
        found.append(
            ClassResult(
                words[place] if place < len(words) else str(place),
                true,
                wilson(hits, true) if true else None,
                wilson(hits, told) if told else None,
                2 * hits / (true + told) if true + told else None,
                accuracy=wilson(right, answered) if answered else None,
            )
        )
    return tuple(found)


def label_names(field: Field | None, count: int) -> tuple[str, ...]:
    """What labels are called: as their columns are, else by their numbers."""
    names = field.names if field is not None else ()
    return names if len(names) == count else tuple(f"label {place}" for place in range(1, count + 1))


def macro_f1(tables: np.ndarray) -> np.ndarray:
    """The mean F1 over the classes that occur, of tables (..., classes, classes)."""
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    both = tables.sum(-1) + tables.sum(-2)
    return _mean(2 * hits, both)


def balanced(tables: np.ndarray) -> np.ndarray:
    """The mean share of right answers over the classes that have samples, of tables (..., classes, classes)."""
    return _mean(np.diagonal(tables, axis1=-2, axis2=-1), tables.sum(-1))


def _mean(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    there = of > 0
    shares = np.divide(values, of, out=np.zeros_like(values, dtype=float), where=there)
    return np.asarray(shares.sum(-1) / np.maximum(there.sum(-1), 1))


def mistakes(confusion: np.ndarray, words: Sequence[str], most: int) -> list[tuple[int, str, str]]:
    """Count, right class and chosen class of the most frequent mistakes."""
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    found = [(int(wrong.flat[at]), *divmod(int(at), len(wrong))) for at in order if wrong.flat[at]]

    def word(place: int) -> str:
        return words[place] if place < len(words) else str(place)

    return [(count, word(right), word(chosen)) for count, right, chosen in found]
