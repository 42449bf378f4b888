"""What differs between two drawings, in facts that a view can follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.core.graph.model import EMPTY, MAIN, Graph, Project, Wire


@dataclass(frozen=True, slots=True)
class GraphDiff:
    """The difference between two graphs. ``renamed`` leads from old names to new ones; these nodes are neither among
    ``added`` nor ``removed``, but may be ``changed`` and ``moved`` (under the new name).

    ``frames`` are the frames and notes that came, went, or look or stand differently.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    wires_added: tuple[Wire, ...] = ()
    wires_removed: tuple[Wire, ...] = ()
    rewired: bool = False
    frames: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=lambda: EMPTY)

    @property
    def come(self) -> tuple[str, ...]:
        """Names that were not there before."""
        return (*self.added, *self.renamed.values())

    @property
    def gone(self) -> tuple[str, ...]:
        """Names that are not there any more."""
        return (*self.removed, *self.renamed)

    def __bool__(self) -> bool:
        return (
            bool(self.added or self.removed or self.changed or self.moved or self.wires_added or self.wires_removed)
            or self.rewired
            or bool(self.frames)
            or bool(self.renamed)
        )


def graph_pairs(before: Project, after: Project) -> Iterator[tuple[str, Graph | None, Graph | None]]:
    """The main graph and each block as they were and as they are; None for a block that one of the two lacks."""
    yield MAIN, before.graph, after.graph
    for name in dict.fromkeys((*before.blocks, *after.blocks)):
        old, new = before.blocks.get(name), after.blocks.get(name)
        yield name, old.graph if old is not None else None, new.graph if new is not None else None


def diff(before: Graph, after: Graph, renamed: Mapping[str, str] = EMPTY) -> GraphDiff:
    """The facts that lead from ``before`` to ``after``, between which these nodes got other names (old to new).
    ``rewired`` also covers a new order of the same wires."""
    if before is after:
        return GraphDiff()
    added, removed, changed, moved = [], [], [], []
    renamed = {old: new for old, new in renamed.items() if old in before.nodes and new in after.nodes}
    earlier = {new: old for old, new in renamed.items()}
    if before.nodes is not after.nodes:
        kept = before.nodes
        # As a rule one node of hundreds is another one.
        others = (
            after.nodes.items()
            if renamed
            else [item for item in after.nodes.items() if kept.get(item[0]) is not item[1]]
        )
        for name, node in others:
            old = kept.get(earlier.get(name, name)) if name not in renamed or name in earlier else None
            if old is node:
                continue
            if old is None:
                added.append(name)
                continue
            if old.position != node.position:
                moved.append(name)
            if not old.same_meaning(node) or old.note != node.note or old.expanded != node.expanded:
                changed.append(name)
        if kept.keys() != after.nodes.keys():
            removed = [name for name in kept if name not in after.nodes and name not in renamed]
    wires_added: tuple[Wire, ...] = ()
    wires_removed: tuple[Wire, ...] = ()
    rewired = before.wiring is not after.wiring and before.wires != after.wires
    if rewired:
        old_wires, new_wires = set(before.wires), set(after.wires)
        wires_added = tuple(wire for wire in after.wires if wire not in old_wires)
        wires_removed = tuple(wire for wire in before.wires if wire not in new_wires)
    frames = _differing_frames(before, after)
    return GraphDiff(
        tuple(added), tuple(removed), tuple(changed), tuple(moved), wires_added, wires_removed, rewired, frames, renamed
    )


def _differing_frames(before: Graph, after: Graph) -> tuple[str, ...]:
    if before.frames is after.frames:
        return ()
    every = dict.fromkeys((*before.frames, *after.frames))
    return tuple(name for name in every if before.frames.get(name) != after.frames.get(name))
