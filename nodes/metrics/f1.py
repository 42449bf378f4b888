"""The F1 score."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._pairs import OF_CLASS, by_class


@metric(id="f1", name="F1", params=[OF_CLASS], percent=True)
def f1(*, of_class: int) -> Counted:
    """For each class, the harmonic mean of how many of its answers are right and how many of its samples are found;
    then the mean over the classes that occur, so that rare ones count as much as frequent ones."""
    return by_class("2 * hits / (true + told)", of_class)
