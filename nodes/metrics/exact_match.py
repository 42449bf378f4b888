"""The share of samples with all labels right."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="exact_match", name="Exact match", reads="labels", percent=True)
def exact_match() -> Counted:
    """The share of samples of which every label is right."""
    sums = {"exact": "(predicted == target).all(-1).sum()", "samples": "len(target)"}
    return Counted(sums, "{exact}.item() / {samples}")
