"""Numbers that a schedule or a stop rule watches, and that are none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from app.core.checks.problems import SetTraining
from app.core.compile.measuring import watched
from app.core.compile.plan import Plan
from app.training.events import Diagnosed
from app.training.numbers import word_of


def unknown_watched(plan: Plan, metrics: Mapping[str, float]) -> Iterator[Diagnosed]:
    """What is said after the first epoch where its number cannot be told, such as the AUROC of one class alone."""
    recipe = plan.recipe
    for rule, kind in ((recipe.stop_rule, "stop rule"), (recipe.schedule_declared, "schedule")):
        watch = recipe.settings_of(rule).get("watch")
        if watch is None:
            continue
        name, _ = watched(plan, watch)
        if not math.isnan(metrics.get(name, 0.0)) or name.endswith("_loss"):
            continue
        part, _, own = name.partition("_")
        whose = "validation" if part == "val" else "training"
        yield Diagnosed(
            None,
            f"The {kind} {rule.name} watches the {word_of(own)} of the {whose} data, which cannot be told of these "
            "samples: it needs several classes among them, say. Let it watch the loss, or hold out more samples.",
            "watch",
            (SetTraining(f"{rule.id}.watch", "loss"),),
        )
