"""Everything that can be said of a drawing before it is trained: the same for window and command line."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.checks.lint import notes
from app.core.checks.problems import NOTHING_DRAWN, Problem
from app.core.checks.refusals import is_architecture, refusals
from app.core.graph.model import Project
from app.core.inference import Report


@dataclass(frozen=True)
class Checked:
    """``problems`` keep the drawing from running, or from being trained where it looks as if it should be; ``notes``
    keep nothing from anything. No sentence about a layer stands in both."""

    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def check(project: Project, report: Report) -> Checked:
    """What the drawing alone shows. Needs no data and no torch."""
    problems = report.problems
    if not project.graph.nodes:
        problems = problems or (NOTHING_DRAWN,)
    elif not problems:
        from app.core.compile.plan import why_not_ready  # not for an empty drawing, with which windows begin

        problems = why_not_ready(project, report)
    if not is_architecture(project):
        empty = any(each.code == "empty" for each in problems)  # that it has no loss either need not be said
        problems = problems if empty else (*problems, *refusals(project, report))
    told = {(problem.node, problem.sentence) for problem in problems}
    return Checked(problems, tuple(note for note in notes(project, report) if (note.node, note.sentence) not in told))
