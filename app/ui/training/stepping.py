"""Whether a single step can follow the last run, or would have to begin another one."""

from __future__ import annotations

from app.core.graph.model import Project
from app.training.events import Event, Failed, Finished
from app.ui.insight.kept import same_net

_ORDER = (
    "seed",
    "validation",
    "test",
    "optimizer",
    "batch_size",
)  # with another of these, no batch of the run comes next


def why_begin_anew(
    ending: Event | None, begun: Project, left: Project | None, now: Project, epoch: int | None
) -> str | None:
    """Why a step would begin a new run although nothing asks for that, in a sentence; None where it may.

    ``begun`` is the drawing that was trained, ``left`` the one that was open when the run ended. ``epoch`` is how far
    the weights are that are kept; None if they are not those of this run. What somebody changes after the end of a
    run asks for a new one; what was changed while it was on does not.
    """
    untouched = left is not None and left.recipe == now.recipe and same_net(left, now)
    if isinstance(ending, Failed):
        failed = "The last run failed, so no step can follow it. Change what made it fail, or begin a new run."
        return failed if untouched else None
    if not isinstance(ending, Finished) or epoch is None:
        return None
    if not same_net(begun, now):
        changed = "The run is finished, and the drawing has changed since it began. A step would begin a new run."
        return changed if untouched else None
    same = all(getattr(begun.recipe, name) == getattr(now.recipe, name) for name in _ORDER)
    if now.recipe.epochs > epoch or not (same or untouched):
        return None
    return "The run is finished, so there is no step left in it. Set more epochs to step on, or begin a new run."
