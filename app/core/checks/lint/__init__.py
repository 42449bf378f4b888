"""What is worth knowing of a drawing without being wrong, before anything is trained.

A note must be right rather than early: it asks for a clear case, and each fix of it is an edit. One file for each kind
of check; a check takes the project and its report and yields problems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.core.checks.lint import by_hand, last_function, mixing, regularized, stacked, whole
from app.core.checks.problems import Problem
from app.core.graph.model import Project
from app.core.inference import Report

Check = Callable[[Project, Report], Iterator[Problem]]

CHECKS: tuple[Check, ...] = (
    whole.untrained,
    whole.unused,
    whole.idle_scores,
    last_function.before_losses,
    stacked.fully_connected,
    mixing.labels_left_behind,
    regularized.around_norms,
    regularized.dropout_at_the_end,
    regularized.tiny_batches,
    by_hand.given_resized,
)


def notes(project: Project, report: Report) -> tuple[Problem, ...]:
    """The notes on a drawing, which keep nothing from running.

    Codes: ``untrained``, ``unused``, ``scores``; of the last function before a loss ``raw_scores``, ``not_log``,
    ``softmax_twice``, ``sigmoid_twice``, ``bounded_scores``, ``relu_scores``, ``no_probabilities``, ``relu_targets``
    and ``label_number``; ``stacked`` and ``unmixed``; ``idle_bias``, ``dropout_before_norm``, ``dropout_last`` and
    ``tiny_batch``; of weights set by hand ``given_resized``.
    """
    return tuple(note for check in CHECKS for note in check(project, report))
