"""Which of the metrics of a recipe a drawing has answers for, and what a schedule or a stop rule looks at."""

from __future__ import annotations

from app.core.compile.decision import decision_of, detection_of, estimate_of, spelling_of
from app.core.compile.games import played
from app.core.compile.plan import Plan
from nodes.api import declared, listed
from nodes.api.training import Counted


def measured(plan: Plan) -> dict[str, Counted]:
    """The code of the metrics of the recipe that this drawing has answers for, by id."""
    kinds = answered(plan)
    chosen = ((id, declared.metrics()[id]) for id in plan.recipe.metrics)
    return {id: each.counted(plan.recipe.settings_of(each)) for id, each in chosen if each.reads in kinds}


def told_of_epochs(plan: Plan) -> tuple[str, ...]:
    """What an epoch will tell besides its loss: metrics, and each of several losses as ``loss.fool``."""
    single = [f"loss.{loss.name}" for loss in plan.losses] if len(plan.losses) > 1 else []
    return (*(id for id, each in measured(plan).items() if each.value), *single)


def answered(plan: Plan) -> frozenset[str]:
    """What kinds of answers of this drawing can be measured: ``classes``, ``numbers``, ``pictures``, ``texts``,
    ``boxes``, ``labels``."""
    decision, estimate = decision_of(plan), estimate_of(plan)
    kinds = {
        "classes": decision is not None,
        "labels": decision is not None and decision.labels > 0,
        "numbers": estimate is not None,
        "pictures": estimate is not None and estimate.pictures,
        "texts": spelling_of(plan) is not None,
        "games": played(plan.sources) is not None,
        "boxes": detection_of(plan) is not None,
    }
    return frozenset(kind for kind, there in kinds.items() if there)


def unmeasured(plan: Plan) -> str:
    """A sentence on the chosen metrics that this drawing has no answers for; empty if there are none. Accuracy is
    chosen unless somebody says otherwise, so nobody has to hear that it is missing."""
    if all(id == "accuracy" for id in plan.recipe.metrics):
        return ""
    found = measured(plan)
    lost = [declared.metrics()[id] for id in plan.recipe.metrics if id not in found and id != "accuracy"]
    if not lost:
        return ""
    reads = {
        "classes": "a loss that compares scores with the class of a sample",
        "labels": "a loss that compares the scores of several labels with a 0 or 1 for each",
        "numbers": "a loss that compares numbers with as many others",
        "pictures": "a loss that compares pictures with others, in channels, height and width",
        "texts": "a CTC loss, which reads the letters of texts",
        "games": "a source of games that the net plays",
        "boxes": "a detection loss and a Non-maximum suppression whose boxes leave through an Output",
    }
    kinds = dict.fromkeys(each.reads for each in lost)
    needs = " and ".join(reads[kind] for kind in kinds)
    those = "it needs" if len(lost) == 1 else "they need"
    has = answered(plan)
    fitting = [each.name for each in declared.metrics().values() if each.reads in has]
    choose = f" Choose others, such as {listed(fitting[:4], ' or ')}." if fitting else ""
    return (
        f"{listed([each.name for each in lost], ' and ')} cannot be measured here: {those} {needs}, which this drawing "
        f"does not have.{choose}"
    )


def watched(plan: Plan, watch: str) -> tuple[str, bool]:
    """The name of the number that a schedule or a stop rule looks at, and whether more of it is better."""
    of = "val" if plan.recipe.validation > 0 else "train"
    first = next(iter(measured(plan)), None) if watch == "metric" else None
    return (f"{of}_loss", False) if first is None else (f"{of}_{first}", declared.metrics()[first].higher)
