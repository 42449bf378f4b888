"""Whether the drawing that is open can be trained, asked when Train is pressed. torch need not be waited for."""

from __future__ import annotations

from app.core.checks.refusals import refusals
from app.core.document import Document
from app.training.events import Failed


class RefusedTraining(Failed):
    """Nothing was trained because of what stands in the list of problems, where its sentence is."""


class HeldTraining(RefusedTraining):
    """Nothing was trained because something else is on. That is no fault of the drawing, and passes."""


def why_not_ready(document: Document) -> RefusedTraining | None:
    """What keeps the drawing from being compiled or trained, if anything does."""
    problems = document.report.problems
    if problems:
        first, count = problems[0], len(problems)
        others = "" if count == 1 else f" There {'is one more' if count == 2 else f'are {count - 1} more'}."
        return RefusedTraining(first.node or None, f"{first}{others} Mend the drawing, then train it.")
    from app.core.compile.plan import NotReady, make_plan

    try:
        make_plan(document.project, document.report)
    except NotReady as reason:
        return RefusedTraining(reason.problems[0].node or None, str(reason))
    refused = refusals(document.project, document.report)
    return RefusedTraining(refused[0].node or None, refused[0].sentence) if refused else None
