"""The coefficient of determination."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="r2", name="R²", reads="numbers")
def r2() -> Counted:
    """How much of the spread of the truth the answers explain: 1 is all of it, 0 no more than the mean does. Of several
    outputs each has its own mean, and one that spreads more counts more, as with scikit-learn's variance_weighted."""
    sums = {
        "squares": "(prediction - truth).double().square().sum()",
        "numbers": "truth.numel()",
        "truth_sums": "truth.double().reshape(len(truth), -1).sum(0)",
        "truth_squares": "truth.double().square().sum()",
    }
    return Counted(
        sums,
        "1 - {squares}.item() / spread if spread > 0 else math.nan",
        lines=(
            "samples = {numbers} / {truth_sums}.numel()",
            "spread = ({truth_squares} - {truth_sums}.square().sum() / samples).item()",
        ),
    )
