"""The area under the ROC curve of labels."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics.auroc import STEP, STEPS


@metric(id="auroc_macro", name="AUROC macro", reads="labels", percent=True)
def auroc_macro() -> Counted:
    """How often a sample that has a label gets a higher score for it than one that has not: 50 % is guessing. The mean
    over the labels that some samples have and some have not."""
    size = f"minlength={STEPS} * {{labels}}"
    sums = {
        "label_places": f"torch.bincount(label_places.flatten(), {size})",
        "own_label_places": f"torch.bincount(label_places[target == 1], {size})",
    }
    step = STEP.replace("probabilities", "probabilities[..., 1]")
    return Counted(
        sums,
        "label_areas[label_areas.isfinite()].mean().item()",
        lines=(
            f"having = {{own_label_places}}.double().reshape({{labels}}, {STEPS})  # samples with it, by their score",
            f"without = {{label_places}}.double().reshape({{labels}}, {STEPS}) - having",
            "label_areas = (having * (without.cumsum(1) - without / 2)).sum(1) / (having.sum(1) * without.sum(1))",
        ),
        first=(f"label_places = {step} + {STEPS} * torch.arange({{labels}}, device=target.device)",),
    )
