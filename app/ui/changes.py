"""In words, what differs between two drawings: what would be lost if the newer one were not saved. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.graph.graph_diff import GraphDiff, diff, graph_pairs
from app.core.graph.model import MAIN, Graph, Project

_MOST_NAMED = 4


def what_changed(before: Project, after: Project) -> tuple[str, ...]:
    """A few words for each kind of difference, the weightiest first."""
    words: list[str] = []
    for where, old, new in graph_pairs(before, after):
        if old is None or new is None:
            words.append(f"{'removed' if new is None else 'added'} block {where}")
            continue
        inside = f" in block {where}" if where != MAIN else ""
        words += [text + inside for text in _graph_changes(old, new)]
    if before.recipe != after.recipe:
        words.append("training settings")
    if before.varied != after.varied:
        words.append("what varies in a sweep")
    if (before.title, before.about) != (after.title, after.about):
        words.append("title and description")
    return tuple(words)


def _graph_changes(old: Graph, new: Graph) -> list[str]:
    facts = diff(old, new)
    renamed = _renamed(old, new, facts)
    added = [name for name in facts.added if name not in renamed.values()]
    removed = [name for name in facts.removed if name not in renamed]
    words = [f"renamed {before} to {now}" for before, now in renamed.items()]
    if len(words) > _MOST_NAMED:
        words = [f"renamed {len(words)} layers"]
    if added:
        words.append(f"added {_named(added)}")
    if removed:
        words.append(f"removed {_named(removed)}")
    if facts.changed:
        words.append(f"changed {_named(facts.changed)}")
    # Wires of added and removed layers come and go with them and need no word of their own.
    others = {*facts.added, *facts.removed}
    rewired = [w for w in (*facts.wires_added, *facts.wires_removed) if not {w.source, w.target} & others]
    if rewired:
        words.append("1 wire" if len(rewired) == 1 else f"{len(rewired)} wires")
    if facts.moved:
        words.append("the place of " + _named(facts.moved))
    if facts.frames:
        changed = [new.frames[name] if name in new.frames else old.frames[name] for name in facts.frames]
        only = changed[0]
        one = f"the {'note' if only.is_note else 'frame'} “{only.title}”"
        words.append(one if len(changed) == 1 else f"{len(changed)} frames and notes")
    return words


def _renamed(old: Graph, new: Graph, facts: GraphDiff) -> dict[str, str]:
    """Which layers only have another name: what came is what went, and stands in its place."""
    found = {}
    for name in facts.removed:
        gone = old.nodes[name]
        alike = [
            other
            for other in facts.added
            if new.nodes[other].position == gone.position and gone.same_meaning(new.nodes[other])
        ]
        if len(alike) == 1:
            found[name] = alike[0]
    return found if len(set(found.values())) == len(found) else {}


def _named(names: Sequence[str]) -> str:
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: _MOST_NAMED - 1])} and {len(names) - _MOST_NAMED + 1} more layers"
