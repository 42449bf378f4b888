"""What an expanded block shows in its place: a scene of its own, and how it lies in the box around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from app.ui.canvas import geometry as g

if TYPE_CHECKING:
    from app.ui.canvas.figures import NodeFigure
    from app.ui.canvas.scene import Scene

EDGE_X, EDGE_TOP, EDGE_BOTTOM = 40.0, 26.0, 24.0  # between the box and the nodes in it
_LEAST_WIDE, _LEAST_HIGH = 300.0, 120.0
MOST_DEEP = 8  # blocks in blocks that are shown expanded
MOST_NODES = 3000  # inside of all expanded blocks of a drawing together


class BlockMargins:
    """How many more nodes may be shown inside of blocks: a small file could name a million."""

    def __init__(self) -> None:
        self.left = MOST_NODES

    def take(self, count: int) -> bool:
        """Take so many; False, and nothing taken, if there are not so many left."""
        if count > self.left:
            return False
        self.left -= count
        return True


@dataclass(slots=True)
class ExpandedBlock:
    """The scene of a block in the box of one instance. Heights of ports are counted from the top of the box."""

    scene: Scene
    taken: int
    width: float = 0.0
    height: float = 0.0
    origin: QPointF = field(default_factory=QPointF)  # from the box's corner to the origin of the scene
    inputs: dict[str, float] = field(default_factory=dict)
    outputs: dict[str, float] = field(default_factory=dict)

    def arrange(self) -> bool:
        """Work out the size of the box and the heights of its ports; True if one of them has changed."""
        before = (self.width, self.height, self.origin, self.inputs, self.outputs)
        scene = self.scene
        content = scene.bounds()
        for line in scene.wires.values():
            if line.lane is not None:  # a wire that goes around nodes stays inside as well
                content = content.united(QRectF(line.start.x(), line.lane.y - 4, 1, 8))
        self.origin = QPointF(EDGE_X - content.left(), g.HEADER + EDGE_TOP - content.top())
        # Multiples of the grid, so that neighbours that make room stay on it.
        self.width = max(_LEAST_WIDE, _up(content.width() + 2 * EDGE_X))
        self.height = max(_LEAST_HIGH, _up(g.HEADER + EDGE_TOP + content.height() + EDGE_BOTTOM))
        self.inputs = _apart(self._ports("In"))
        self.outputs = _apart(self._ports("Out"))
        lowest = max((*self.inputs.values(), *self.outputs.values()), default=0.0)
        self.height = max(self.height, _up(lowest + g.ROW))
        return before != (self.width, self.height, self.origin, self.inputs, self.outputs)

    @property
    def all_taken(self) -> int:
        """How many nodes it has taken room for, with those inside of the expanded blocks in it."""
        return self.taken + sum(figure.inside.all_taken for figure in self.scene.opened.values() if figure.inside)

    def _ports(self, kind: str) -> dict[str, float]:
        """How high the block's inputs or outputs stand in the box."""
        found = (figure for figure in self.scene.nodes.values() if figure.node.type == kind)
        return {figure.name: figure.y + g.port_y(0) + self.origin.y() for figure in found}

    def ends(self, figure: NodeFigure) -> Iterator[tuple[str, bool, QPointF, QPointF]]:
        """The short lines between the ports of the box and the nodes that stand for them.

        Each as name, whether it is an output, start and end, in units of the scene around.
        """
        corner = QPointF(figure.x, figure.y)
        for name, y in self.inputs.items():
            inner = self.scene.nodes[name]
            end = QPointF(inner.x, inner.y + g.port_y(0)) + self.origin + corner
            yield name, False, corner + QPointF(0, y), end
        for name, y in self.outputs.items():
            inner = self.scene.nodes[name]
            start = QPointF(inner.x + inner.width, inner.y + g.port_y(0)) + self.origin + corner
            yield name, True, start, corner + QPointF(self.width, y)


def _up(length: float) -> float:
    return ceil(length / g.SNAP) * g.SNAP


def _apart(ports: Mapping[str, float]) -> dict[str, float]:
    """The heights of ports, a line apart from each other at least."""
    last = g.HEADER + g.PADDING - g.ROW / 2
    done = {}
    for name, y in sorted(ports.items(), key=lambda item: item[1]):
        last = done[name] = max(round(y), last + g.ROW)
    return {name: done[name] for name in ports}


@dataclass(frozen=True, slots=True)
class NodeSpot:
    """A node that may stand inside of expanded blocks: the way to it, its scene, and where that scene's origin is."""

    path: tuple[str, ...]
    scene: Scene
    offset: QPointF

    @property
    def figure(self) -> NodeFigure:
        return self.scene.nodes[self.path[-1]]

    @property
    def rect(self) -> QRectF:
        """Its box, in units of the outermost scene."""
        return self.figure.rect.translated(self.offset)

    @property
    def is_inside(self) -> bool:
        """Whether a block is around it."""
        return len(self.path) > 1

    def down(self, name: str) -> NodeSpot | None:
        """A node of the block that stands here; None if it is not expanded or has no such node."""
        figure = self.figure
        if figure.inside is None or name not in figure.inside.scene.nodes:
            return None
        return NodeSpot((*self.path, name), figure.inside.scene, self.inner_offset)

    @property
    def inner_offset(self) -> QPointF:
        """Where the origin of the scene inside is."""
        figure = self.figure
        return self.offset + QPointF(figure.x, figure.y) + (figure.inside.origin if figure.inside else QPointF())


def spots_at(scene: Scene, point: QPointF) -> list[NodeSpot]:
    """The nodes under a point, each inside of the one before."""
    found: list[NodeSpot] = []
    figure = scene.node_at(point)
    spot = NodeSpot((figure.name,), scene, QPointF()) if figure is not None else None
    while spot is not None:
        found.append(spot)
        inside = spot.figure.inside
        inner = inside.scene.node_at(point - spot.inner_offset) if inside is not None else None
        spot = spot.down(inner.name) if inner is not None else None
    return found


def spot_at(scene: Scene, point: QPointF) -> NodeSpot | None:
    """The innermost node under a point."""
    return next(reversed(spots_at(scene, point)), None)


def spot_of(scene: Scene, path: Iterable[str]) -> NodeSpot | None:
    """The node at the end of a path such as ``("block1", "conv1")``; None if a block on the way is folded."""
    first, *rest = path
    if first not in scene.nodes:
        return None
    spot: NodeSpot | None = NodeSpot((first,), scene, QPointF())
    for name in rest:
        spot = spot.down(name) if spot is not None else None
    return spot


def deepest(scene: Scene, point: QPointF) -> Iterator[tuple[tuple[str, ...], Scene, QPointF]]:
    """The scenes of expanded blocks under a point, the innermost first.

    Each with the way to its block and where its origin is.
    """
    for spot in reversed(spots_at(scene, point)):
        if spot.figure.inside is not None:
            yield spot.path, spot.figure.inside.scene, spot.inner_offset
