"""The peak signal-to-noise ratio."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._span import SPAN


@metric(
    id="psnr",
    name="PSNR",
    params=[SPAN],
    reads="numbers",
)
def psnr(*, data_range: float) -> Counted:
    """How large the range of the values is beside the error of all pictures together, in decibels: 20 is visibly wrong,
    40 hardly visible."""
    sums = {"squares": "(prediction - truth).double().square().sum()", "numbers": "truth.numel()"}
    value = f"10 * math.log10({data_range!r} ** 2 * {{numbers}} / {{squares}}.item()) if {{squares}} > 0 else math.inf"
    return Counted(sums, value)
