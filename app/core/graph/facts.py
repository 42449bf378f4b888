"""What differs between two drawings, in facts that a view can follow."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.graph.model import Graph, Wire


@dataclass(frozen=True, slots=True)
class Facts:
    """The difference between two graphs. A renamed node is one removed and one added.

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

    def __bool__(self) -> bool:
        return (
            bool(self.added or self.removed or self.changed or self.moved or self.wires_added or self.wires_removed)
            or self.rewired
            or bool(self.frames)
        )


def diff(before: Graph, after: Graph) -> Facts:
    """The facts that lead from ``before`` to ``after``. ``rewired`` also covers a new order of the same wires."""
    if before is after:
        return Facts()
    added, removed, changed, moved = [], [], [], []
    if before.nodes is not after.nodes:
        for name, node in after.nodes.items():
            old = before.nodes.get(name)
            if old is node:
                continue
            if old is None:
                added.append(name)
                continue
            if old.position != node.position:
                moved.append(name)
            if not old.same_meaning(node) or old.note != node.note or old.unfolded != node.unfolded:
                changed.append(name)
        removed = [name for name in before.nodes if name not in after.nodes]
    wires_added: tuple[Wire, ...] = ()
    wires_removed: tuple[Wire, ...] = ()
    rewired = before.wiring is not after.wiring and before.wires != after.wires
    if rewired:
        old_wires, new_wires = set(before.wires), set(after.wires)
        wires_added = tuple(wire for wire in after.wires if wire not in old_wires)
        wires_removed = tuple(wire for wire in before.wires if wire not in new_wires)
    frames = _differing_frames(before, after)
    return Facts(
        tuple(added), tuple(removed), tuple(changed), tuple(moved), wires_added, wires_removed, rewired, frames
    )


def _differing_frames(before: Graph, after: Graph) -> tuple[str, ...]:
    if before.frames is after.frames:
        return ()
    every = dict.fromkeys((*before.frames, *after.frames))
    return tuple(name for name in every if before.frames.get(name) != after.frames.get(name))
