"""What a training said, for as long as it is true of the drawing that is open. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from app.core.checks.fixes import command_at
from app.core.checks.problems import AnyFix, Problem, SetTraining
from app.core.graph.model import MAIN, Project
from app.core.graph.same_net import same_net
from app.core.paths import same_at
from app.training.events import Diagnosed, Failed
from app.ui.problems.entries import ProblemEntry


@dataclass(frozen=True)
class _FindingTold:
    """A sentence, and the drawings of which it is true: the one that was trained, and the one on the canvas when it was
    said, which may have been edited meanwhile."""

    entry: ProblemEntry
    of: tuple[Project, ...]

    def holds(self, now: Project) -> bool:
        return any(one.recipe == now.recipe and same_net(one, now) for one in self.of)

    def answered(self, now: Project) -> bool:
        """Whether what it is about has been changed since: its layer, a setting of the recipe that it recommends to
        change, or whatever else its quick fixes do."""
        before, problem = self.of[-1], self.entry.problem
        if problem.node and not same_at(before, now, problem.node):
            return True
        return any(_was_done(fix, problem.node, before, now) for fix in problem.fixes)


class Findings:
    """Keeps what was said until another run starts. A finding hides while net or recipe are others than those it was
    said of, and is there again once they are the same, as after an undo. While the run goes on it stays all the same,
    unless it is answered: an edit of something else changes nothing about what is being trained."""

    def __init__(self) -> None:
        self._told: list[_FindingTold] = []

    def clear(self) -> None:
        """Another run starts, or another drawing is open."""
        self._told.clear()

    def hear(self, event: Diagnosed | Failed, run: Project | None, now: Project) -> None:
        """Take in what a training of ``run`` says while ``now`` is on the canvas; without ``run`` it did not begin."""
        failed = isinstance(event, Failed)
        node = event.node or ""
        if node and run is not None and not same_at(run, now, node):
            if not failed:
                return  # the layer was changed or removed meanwhile, and the reason with it
            node = ""  # that it failed is true all the same, but there is nothing to be shown
        problem = Problem(node, event.sentence, getattr(event, "code", "failed"), _fixes_of(event))
        # The learning rate can be changed while it trains, so the one in use is that of the drawing now.
        trained = (replace(run, recipe=replace(run.recipe, lr=now.recipe.lr)),) if run is not None else ()
        told = _FindingTold(ProblemEntry("finding", problem, failed), (now, *trained))
        for index, before in enumerate(self._told):
            if before.entry.key == told.entry.key:
                self._told[index] = told if failed else before  # why it gave up is what was found before
                return
        self._told.append(told)

    def recall(self, failed: Failed, project: Project) -> None:
        """Take in how an earlier run of ``project`` failed."""
        problem = Problem(failed.node or "", failed.sentence, "failed", failed.fixes)
        self._told.append(_FindingTold(ProblemEntry("finding", problem, True), (project,)))

    def holding(self, now: Project, training: bool = False) -> tuple[ProblemEntry, ...]:
        """What is true of the drawing ``now``, or of the ``training`` that is on; the failure first."""
        told = reversed(self._told)
        held = [each.entry for each in told if each.holds(now) or (training and not each.answered(now))]
        return tuple(sorted(held, key=lambda entry: not entry.failed))


def _was_done(fix: AnyFix, node: str, before: Project, now: Project) -> bool:
    if isinstance(fix, SetTraining):
        return bool(before.recipe.value(fix.setting) != now.recipe.value(fix.setting))
    return command_at(before, MAIN, node, fix) is not None and command_at(now, MAIN, node, fix) is None


def _fixes_of(event: Any) -> tuple[Any, ...]:
    """What the training offers as a quick fix, if it offers anything."""
    fixes = getattr(event, "fixes", ())
    one = getattr(event, "fix", None)
    return (*fixes, *((one,) if one is not None else ()))
