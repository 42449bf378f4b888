"""What the targets of stored arrays are: classes, a column for each class, or numbers."""

from __future__ import annotations

from typing import Any

from nodes.api import Guess, NoData
from nodes.reading.arrays import AUTO

FEW = 100  # different whole numbers that may be classes


def classes_in(read: list[tuple[Any, int]], name: str, kind: str, guesses: list[Guess]) -> tuple[bool, bool]:
    """Whether targets are classes with a column each, and whether they are classes at all."""
    import numpy

    column = all(each.size == count for each, count in read)
    hot = not column and all(each.ndim == 2 and each.shape[1] > 1 and _is_one_hot(each) for each, _ in read)
    texts = all(each.dtype.kind in "US" for each, _ in read)
    if kind == "numbers" or not (column or hot):
        if kind == "classes":
            raise NoData(f"{name} has several numbers for each sample, which are no class. Set kind to numbers.")
        return False, False
    if kind == "classes" or texts:
        return hot, True
    if any(each.dtype.kind not in "biuf" for each, _ in read):
        return False, True
    if hot:
        said, few = f"{name} has a column for each class, of which one is 1.", True
    else:
        every = numpy.concatenate([numpy.asarray(each).reshape(-1) for each, _ in read])
        whole = every.dtype.kind in "biu" or bool(numpy.isfinite(every).all() and (every == numpy.round(every)).all())
        different = len(numpy.unique(every)) if whole else 0
        few = whole and different <= FEW and (different < len(every) or every.dtype.kind != "f")
        few = few or (every.dtype.kind in "iu" and different <= min(10_000, len(every) // 5))
        if not whole:
            return False, False
        numbers = "whole number" if different == 1 else "different whole numbers"
        said = f"{name} has {different:,} {numbers}, read as {'classes' if few else 'numbers'}."
    choices = (("classes", "classes"), ("numbers", "numbers"))
    guesses.append(Guess("kind", said, choices, "classes" if few else "numbers"))
    return hot and few, few


def labels_in(read: list[Any], name: str, kind: str, guesses: list[Guess]) -> bool:
    """Whether targets are several labels for each sample, each of which is 0 or 1."""
    if any(each.ndim != 2 or each.shape[1] < 2 for each in read) or not all(
        bool(((each == 0) | (each == 1)).all()) for each in read
    ):
        return False
    chosen = "numbers" if kind == "numbers" else AUTO
    said = f"{name} has {read[0].shape[1]:,} numbers for each sample that are 0 or 1, read as "
    said += "numbers." if chosen == "numbers" else "labels: yes or no each."
    guesses.append(Guess("kind", said, (("labels", AUTO), ("numbers", "numbers")), chosen))
    return chosen == AUTO


def _is_one_hot(values: Any) -> bool:
    return bool((((values == 0) | (values == 1)).all(1) & (values.sum(1) == 1)).all())


def labels_of(values: Any, one_hot: bool, ten_is_zero: bool) -> Any:
    import numpy

    labels = values.argmax(1) if one_hot else numpy.asarray(values).reshape(-1)
    return labels % 10 if ten_is_zero else labels


def targets_of(values: Any, count: int) -> Any:
    """Targets (n, ...), also where MATLAB stores n single ones as one row."""
    import numpy

    return numpy.asarray(values if values.shape[0] == count else values.reshape(count))
