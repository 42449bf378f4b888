"""Recall."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._pairs import OF_CLASS, by_class


@metric(id="recall", name="Recall", params=[OF_CLASS], percent=True)
def recall(*, of_class: int) -> Counted:
    """How many of the samples of a class are found, as the mean over the classes that occur. A class that is chosen
    although it has no sample counts as 0; balanced accuracy leaves it out."""
    return by_class("hits / true.clamp(min=1)", of_class)
