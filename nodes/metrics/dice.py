"""The Dice coefficient."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._pairs import OF_CLASS, by_class


@metric(id="dice", name="Dice", params=[OF_CLASS], percent=True)
def dice(*, of_class: int) -> Counted:
    """What the dots that are told as a class and those that belong to it have in common, of the mean of both. The same
    number as F1, under the name that it has for pictures."""
    return by_class("2 * hits / (true + told)", of_class)
