"""The coefficient of determination."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="r2", name="R²", reads="numbers")
def r2() -> Counted:
    """How much of the spread of the truth the answers explain: 1 is all of it, 0 no more than the mean does."""
    sums = {
        "squares": "(prediction - truth).double().square().sum()",
        "numbers": "truth.numel()",
        "truths": "truth.double().sum()",
        "truth_squares": "truth.double().square().sum()",
    }
    return Counted(
        sums,
        "1 - {squares}.item() / spread if spread > 0 else math.nan",
        lines=("spread = ({truth_squares} - {truths} ** 2 / {numbers}).item()",),
    )
