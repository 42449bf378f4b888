"""The mean squared error."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="mse", name="Mean squared error", reads="numbers", higher=False)
def mean_squared_error() -> Counted:
    """The mean square of how far the answers are from the truth; large errors count most."""
    sums = {"squares": "(prediction - truth).double().square().sum()", "numbers": "truth.numel()"}
    return Counted(sums, "{squares}.item() / {numbers}")
