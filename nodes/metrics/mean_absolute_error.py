"""The mean absolute error."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="mae", name="Mean absolute error", reads="numbers", higher=False)
def mean_absolute_error() -> Counted:
    """How far the answers are from the truth, on average, in the unit of the data."""
    sums = {"distance": "(prediction - truth).abs().double().sum()", "numbers": "truth.numel()"}
    return Counted(sums, "{distance}.item() / {numbers}")
