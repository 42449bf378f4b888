"""The micro F1 of labels."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._labels import SUMS


@metric(id="f1_micro", name="F1 micro", reads="labels", percent=True)
def f1_micro() -> Counted:
    """The F1 of the labels that were given, of all labels counted together, so that frequent labels count most."""
    return Counted(SUMS, "(2 * {label_hits}.sum() / ({label_told} + {label_true}).sum()).item()")
