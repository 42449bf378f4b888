"""Intersection over union, the Jaccard index."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._pairs import OF_CLASS, by_class


@metric(id="iou", name="IoU", params=[OF_CLASS], percent=True)
def iou(*, of_class: int) -> Counted:
    """What the dots that are told as a class and those that belong to it have in common, of all of both: intersection
    over union. Over all pictures together, then the mean over the classes that occur."""
    return by_class("hits / (true + told - hits)", of_class)
