"""What was selected in each state of a drawing, so that undo and redo bring the selection back with what they show."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.document import Change
from app.core.graph.graph_diff import GraphDiff
from app.core.graph.model import Project, Wire

_MOST = 200


@dataclass(frozen=True, slots=True)
class Selection:
    """Selected nodes, frames and wires of the graph ``where``."""

    where: str
    nodes: tuple[str, ...]
    frames: tuple[str, ...]
    wires: tuple[Wire, ...]


class Selections:
    """The last selection in each of the latest states. Undo shows the very values of before, so they are the keys."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Project, Selection]] = {}  # a value that is kept gives its id to no other

    def keep(self, project: Project, selection: Selection) -> None:
        """Remember what was selected when this state was left."""
        self._kept.pop(id(project), None)
        self._kept[id(project)] = project, selection
        if len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]

    def forget(self) -> None:
        """Another drawing begins."""
        self._kept.clear()

    def after(self, change: Change, where: str) -> Selection | None:
        """What to select after an undo or redo that lets something come or go; None: let the selection be.

        A step that only moves or changes things leaves the selection to the user, who may have gone on to others.
        """
        kept = self._kept.get(id(change.after))
        facts = change.diffs.get(where, GraphDiff())
        if kept is None or kept[1].where != where or change.before is change.after:
            return None
        before, after = change.before.graph_of(where).frames, change.after.graph_of(where).frames
        reframed = any((name in before) != (name in after) for name in facts.frames)
        rewired = any(wire in kept[1].wires for wire in facts.wires_added)
        return kept[1] if facts.added or facts.removed or reframed or rewired else None
