"""The area under the ROC curve."""

from __future__ import annotations

from nodes.api import KNOWN, OWN, Counted, metric
from nodes.metrics._pairs import OF_CLASS

# Scores are counted in narrow steps of their log-odds, so that an epoch needs no memory of every score. Two scores in
# one step count as equal.
STEPS = 4097
STEP = "(probabilities.logit().clamp(-16, 16) * 128 + 2048).long()"


@metric(id="auroc", name="AUROC", params=[OF_CLASS], percent=True)
def auroc(*, of_class: int) -> Counted:
    """How often a sample of a class gets a higher score for it than a sample of another class: 50 % is guessing. For
    each class against all others, as the mean over the classes that have samples and are not alone."""
    size = f"minlength={STEPS} * {{classes}}"
    sums = {
        "all_places": f"torch.bincount(places[known].flatten(), {size})",
        "own_places": f"torch.bincount(places.gather(-1, own)[known].flatten(), {size})",
    }
    return Counted(
        sums,
        "areas[areas.isfinite()].mean().item()"
        if of_class < 0
        else f"areas[{of_class} : {of_class + 1}].mean().item()",
        lines=(
            f"own = {{own_places}}.double().reshape({{classes}}, {STEPS})  # samples of each class, by their score",
            f"others = {{all_places}}.double().reshape({{classes}}, {STEPS}) - own",
            "areas = (own * (others.cumsum(1) - others / 2)).sum(1) / (own.sum(1) * others.sum(1))",
        ),
        first=(KNOWN, OWN, f"places = {STEP} + {STEPS} * torch.arange({{classes}}, device=target.device)"),
    )
