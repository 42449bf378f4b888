"""What stands in the list of problems, and the words for how much that is. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from app.core.checks.problems import Problem

Kind = Literal["error", "warning", "finding"]

# The worst first; this is also the order of the list.
KINDS: tuple[Kind, ...] = ("error", "finding", "warning")
_WORDS = {"error": "problem", "finding": "finding", "warning": "note"}
TINTS: dict[Kind, str] = {"error": "error", "finding": "accent", "warning": "warning"}
ICONS: dict[Kind, str] = {"error": "error", "finding": "chart", "warning": "warning"}
EXPLAINED: dict[Kind, str] = {
    "error": "It keeps the drawing from running or from being trained",
    "finding": "Noticed by a training of this drawing",
    "warning": "It keeps nothing from running",
}


@dataclass(frozen=True, slots=True)
class ProblemEntry:
    """One sentence of the list. An error keeps the drawing from running or from being trained, a warning is a note on
    what runs all the same, and a finding is what a training said; ``failed`` if it ended with that."""

    kind: Kind
    problem: Problem
    failed: bool = False

    @property
    def label(self) -> str:
        """What it is, in a word or two."""
        return "Training failed" if self.failed else _WORDS[self.kind].capitalize()

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same entry after an edit."""
        return self.problem.node, self.problem.sentence

    @property
    def heading(self) -> str:
        """What it is and where: ``Problem in conv2``, ``Note on fc1``."""
        node = self.problem.node
        return f"{self.label} {'on' if self.kind == 'warning' else 'in'} {node}" if node else self.label


def once(entries: Iterable[ProblemEntry]) -> tuple[ProblemEntry, ...]:
    """The worst first, and each sentence about a layer once, by whoever it is said, and be it as part of another."""
    found: dict[tuple[str, str], ProblemEntry] = {}
    said: dict[str, list[str]] = {}
    for kind in KINDS:
        for entry in entries:
            node, sentence = entry.key
            if entry.kind == kind and not any(sentence in other for other in said.get(node, ())):
                found[entry.key] = entry
                said.setdefault(node, []).append(sentence)
    return tuple(found.values())


def count_words(entries: Iterable[ProblemEntry]) -> str:
    """``1 problem, 2 notes``; ``no problems`` where there is nothing at all."""
    counts = Counter(entry.kind for entry in entries)
    said = [f"{counts[kind]:,} {_WORDS[kind]}{'s' if counts[kind] != 1 else ''}" for kind in KINDS if counts[kind]]
    return ", ".join(said) or "no problems"


def worst(entries: Iterable[ProblemEntry]) -> Kind | None:
    """The kind that decides on the colour; None where there is nothing."""
    kinds = {entry.kind for entry in entries}
    return next((kind for kind in KINDS if kind in kinds), None)
