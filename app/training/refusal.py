"""Why a training cannot start."""

from __future__ import annotations

from app.core.checks.problems import AnyFix


class CannotTrain(ValueError):
    """Something is missing. The message is a sentence with the remedy; ``node`` is where, if it is one place, and
    ``fixes`` are edits that do what the sentence says."""

    def __init__(self, sentence: str, node: str | None = None, fixes: tuple[AnyFix, ...] = ()) -> None:
        super().__init__(sentence)
        self.node = node
        self.fixes = fixes
