"""Balanced accuracy."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._pairs import by_class


@metric(id="balanced_accuracy", name="Balanced accuracy", percent=True)
def balanced_accuracy() -> Counted:
    """The share of right answers of each class, as the mean over the classes that have samples: guessing the most
    frequent class gives no more than guessing any."""
    return by_class("hits / true", -1, occur="true > 0")
