"""The coefficient of determination."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="r2", name="R²", reads="numbers")
def r2() -> Counted:
    """How much of the spread of the truth the answers explain: 1 is all of it, 0 no more than the mean does. Of several
    outputs it is the mean of the R² of each, as scikit-learn gives it, so that none counts more for its unit. Outputs
    that are the same in all samples are left out."""
    sums = {
        "output_squares": "(prediction - truth).double().square().reshape(len(truth), -1).sum(0)",
        "numbers": "truth.numel()",
        "truth_sums": "truth.double().reshape(len(truth), -1).sum(0)",
        "output_truth_squares": "truth.double().square().reshape(len(truth), -1).sum(0)",
    }
    return Counted(
        sums,
        "(1 - {output_squares} / spread)[spreads].mean().item() if spreads.any() else math.nan",
        lines=(
            "samples = {numbers} / {truth_sums}.numel()",
            "spread = {output_truth_squares} - {truth_sums}.square() / samples  # of each output",
            "spreads = spread > 1e-13 * {output_truth_squares}  # else it is rounding alone",
        ),
    )
