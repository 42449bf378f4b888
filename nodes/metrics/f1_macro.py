"""The macro F1 of labels."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._labels import SUMS


@metric(id="f1_macro", name="F1 macro", reads="labels", percent=True)
def f1_macro() -> Counted:
    """The F1 of each label, then the mean over the labels that occur, so that rare ones count as much as frequent
    ones."""
    line = "label_f1 = 2 * {label_hits} / ({label_told} + {label_true})"
    return Counted(SUMS, "label_f1[label_f1.isfinite()].mean().item()", lines=(line,))
