"""The share of right answers."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="accuracy", name="Accuracy", percent=True)
def accuracy() -> Counted:
    """The share of answers that are right."""
    sums = {"right": "(predicted == target).sum()", "answers": "target.numel()"}
    return Counted(sums, "{right}.item() / {answers}")
