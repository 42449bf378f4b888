"""Precision."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._pairs import OF_CLASS, by_class


@metric(id="precision", name="Precision", params=[OF_CLASS], percent=True)
def precision(*, of_class: int) -> Counted:
    """How many of the answers of a class are right, as the mean over the classes that occur. A class that is never
    chosen counts as 0."""
    return by_class("hits / told.clamp(min=1)", of_class)
