"""Whether a single step can follow the last run, or would have to begin another one."""

from __future__ import annotations

from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.graph.same_net import alike
from app.training.events import Cancelled, Event, Failed, Finished
from nodes.api import declared

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
    untouched = left is not None and left.recipe == now.recipe and alike(left, now)
    if isinstance(ending, Failed):
        failed = "The last run failed, so no step can follow it. Change what made it fail, or begin a new run."
        return failed if untouched else None
    if not isinstance(ending, Finished) or epoch is None:
        return None
    if not alike(begun, now):
        changed = "The run is finished, and the drawing has changed since it began. A step would begin a new run."
        return changed if untouched else None
    same = all(getattr(begun.recipe, name) == getattr(now.recipe, name) for name in _ORDER)
    if now.recipe.epochs > epoch or not (same or untouched):
        return None
    return "The run is finished, so there is no step left in it. Set more epochs to step on, or begin a new run."


def why_other_recipe(ending: Event | None, old: Recipe, new: Recipe, epoch: int) -> str | None:
    """Why a run with the recipe ``old``, which has come to the end of ``epoch`` and ended so, cannot be continued with
    ``new``, in a sentence; None if it can."""
    if new.other_parts(old) is not None or old.optimizer != new.optimizer:
        return "The recipe has changed since the last run, so it can only be trained anew."
    if (old.batch_size, old.accumulate) != (new.batch_size, new.accumulate) and isinstance(ending, Cancelled):
        return "The batch size has changed since the last run, so it can only be trained anew."
    if not isinstance(ending, Finished):
        return None
    if new.epochs <= epoch:
        return "All epochs are done. Set more epochs to go on."
    if ending.reason != "done" and (old.stopping, old.own) == (new.stopping, new.own):
        rule = declared.stop_rules().get(ending.reason)
        why = f", {rule.because}" if rule is not None else ""
        return f"The training has ended early{why}. To go on, let it wait longer, or not stop."
    return None


def why_no_branch(old: Recipe, new: Recipe, epoch: int) -> str | None:
    """Why a run cannot begin with the recipe ``new`` from an epoch of one that had ``old``, in a sentence; None if it
    can."""
    other = new.other_parts(old)
    if other is not None:
        word, before, now = other
        return (
            f"The {word} was {before} in that run and is {now} now, so other samples would be held out than were then. "
            f"Set it back to {before} to continue from there."
        )
    if new.epochs <= epoch:
        return f"The recipe ends with epoch {new.epochs:,}. Set more epochs to continue from epoch {epoch:,}."
    return None
