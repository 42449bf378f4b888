"""Arranges a graph with its frames: the nodes of a frame stay together, and nobody else comes to stand among them.

Each frame is arranged by itself, from the innermost to the outermost; to the graph around, it is one large node whose
ports are where its nodes have theirs. Notes and frames without nodes stay beside what they stood next to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import hypot

from app.core.graph.frames import (
    NODE_SIZE,
    Frame,
    Rect,
    area,
    around,
    framing,
    home_of_frames,
    home_of_nodes,
    overlap,
)
from app.core.graph.layout import Place, PortOffset, arranged
from app.core.graph.model import Graph, Node, Wire
from app.core.graph.topology import circles, order

_CLEAR = 16.0  # between a note and what it stands beside
_STEP = 20.0  # of the search for a free place
_MOST_STEPS = 14


@dataclass
class FramedLayout:
    """Where nodes and frames should stand."""

    nodes: dict[str, Place] = field(default_factory=dict)
    frames: dict[str, Rect] = field(default_factory=dict)

    def shifted(self, dx: float, dy: float) -> FramedLayout:
        """The same somewhere else."""
        return FramedLayout(
            {name: (x + dx, y + dy) for name, (x, y) in self.nodes.items()},
            {name: (x + dx, y + dy, width, height) for name, (x, y, width, height) in self.frames.items()},
        )

    def add(self, other: FramedLayout) -> None:
        """Take up another arrangement, of other nodes and frames."""
        self.nodes.update(other.nodes)
        self.frames.update(other.frames)


def arranged_in_frames(
    graph: Graph,
    sizes: Mapping[str, tuple[float, float]],
    gap: tuple[float, float],
    offset: PortOffset,
    fold: bool = False,
) -> FramedLayout:
    """A place for every node and every frame. For the rest see ``arranged``; ``sizes`` holds all nodes."""
    if not graph.frames:
        return FramedLayout(arranged(graph, sizes, gap, offset, fold))
    found = _Levels(graph, sizes, gap, offset, fold).everything()
    return FramedLayout({name: found.nodes[name] for name in graph.nodes}, found.frames)


class _Levels:
    """The frames of a graph as a tree, and the arrangement of each."""

    def __init__(
        self,
        graph: Graph,
        sizes: Mapping[str, tuple[float, float]],
        gap: tuple[float, float],
        offset: PortOffset,
        fold: bool,
    ) -> None:
        self._graph, self._sizes, self._gap, self._offset, self._fold = graph, sizes, gap, offset, fold
        self._old = {name: (*node.position, *sizes.get(name, NODE_SIZE)) for name, node in graph.nodes.items()}
        self._home = home_of_nodes(graph.frames, self._old)
        self._frame_home = home_of_frames(graph.frames)
        # Frames with nodes in them, also in inner ones, are arranged; the others are carried along.
        self._full: set[str] = set()
        for home in self._home.values():
            while home is not None and home not in self._full:
                self._full.add(home)
                home = self._frame_home[home]

    def everything(self) -> FramedLayout:
        """The whole graph. The smallest frames come first: what stands in a frame is smaller than it."""
        frames = sorted((frame for name, frame in self._graph.frames.items() if name in self._full), key=area)
        done: dict[str, FramedLayout] = {}
        for frame in frames:  # no recursion: a file may hold a thousand frames, each in the one before
            done[frame.name] = self._level(frame.name, done)
        return self._level(None, done)

    def _level(self, home: str | None, done: Mapping[str, FramedLayout]) -> FramedLayout:
        """What stands in one frame (None: in none), its top left corner anywhere."""
        inner = {name: done[name] for name in self._graph.frames if name in self._full and self._in(name, home)}
        boxes: dict[str, Rect] = {}
        for name, arrangement in inner.items():
            content = around(self._rects(arrangement))
            assert content is not None  # a full frame has nodes
            boxes[name] = framing(content)
            arrangement.frames[name] = boxes[name]
        places = self._placed(home, inner, boxes)
        result = FramedLayout({name: place for name, place in places.items() if name in self._graph.nodes})
        for name, arrangement in inner.items():
            x, y = places[_as_node(name)]
            result.add(arrangement.shifted(x - boxes[name][0], y - boxes[name][1]))
        self._add_loose(home, result)
        return result

    def _in(self, frame: str, home: str | None) -> bool:
        return self._frame_home[frame] == home

    def _rects(self, arrangement: FramedLayout) -> list[Rect]:
        nodes = [(*place, *self._sizes.get(name, NODE_SIZE)) for name, place in arrangement.nodes.items()]
        return [*nodes, *arrangement.frames.values()]

    # -- nodes and frames as nodes ---------------------------------------------------------------------------------

    def _placed(
        self, home: str | None, inner: Mapping[str, FramedLayout], boxes: Mapping[str, Rect]
    ) -> dict[str, Place]:
        """Places for the nodes that stand in ``home`` itself, and for its frames."""
        owner: dict[str, str] = {}
        items: dict[str, Node] = {}
        for name, node in self._graph.nodes.items():
            if self._home[name] == home:
                owner[name] = name
                items[name] = node
            else:
                frame = next((frame for frame, held in inner.items() if name in held.nodes), None)
                if frame is not None:
                    owner[name] = _as_node(frame)
                    items.setdefault(_as_node(frame), Node(_as_node(frame), "frame"))
        sizes = {name: self._sizes.get(name, NODE_SIZE) for name in items if name in self._graph.nodes}
        sizes |= {_as_node(name): (box[2], box[3]) for name, box in boxes.items()}
        wires: list[Wire] = []
        ends: dict[str, Node] = {}
        for wire in self._graph.wires:
            source, target = owner.get(wire.source), owner.get(wire.target)
            if source == target:
                continue  # within one frame, or wholly elsewhere
            # What lies outside keeps a place in the order, so that wires do not cross on their way out.
            source = source if source is not None else _outside(wire.source, ends)
            target = target if target is not None else _outside(wire.target, ends)
            wires.append(
                Wire(source, f"{wire.source}\n{wire.source_port}", target, f"{wire.target}\n{wire.target_port}")
            )
        sizes |= dict.fromkeys(ends, (0.0, 0.0))

        def offset(_name: str, port: str, is_output: bool) -> float:
            node, _, inner_port = port.partition("\n")
            if node not in owner:
                return 0.0
            below = self._offset(node, inner_port, is_output)
            frame = owner[node]
            if frame == node:
                return below
            name = _frame_of(frame)
            return inner[name].nodes[node][1] - boxes[name][1] + below

        contracted = Graph.of([*items.values(), *ends.values()], wires)
        contracted = self._without_circles(contracted, owner)
        places = arranged(contracted, sizes, self._gap, offset, self._fold)
        return {name: place for name, place in places.items() if name not in ends}

    def _without_circles(self, graph: Graph, owner: Mapping[str, str]) -> Graph:
        """A frame that is left and entered again closes a circle: the wires that lead back have no say then."""
        first: dict[str, int] = {}
        for index, name in enumerate(order(self._graph)):
            first.setdefault(owner.get(name, f"<{name}>"), index)
        back: set[Wire] = set()
        for group in circles(graph):
            back |= {
                wire
                for wire in graph.wires
                if wire.source in group and wire.target in group and first[wire.source] >= first[wire.target]
            }
        return graph.with_wires(wire for wire in graph.wires if wire not in back) if back else graph

    # -- notes and empty frames ------------------------------------------------------------------------------------

    def _add_loose(self, home: str | None, done: FramedLayout) -> None:
        """Notes and empty frames of one frame: beside what they stood next to, where there is room."""
        before = {name: self._old[name] for name in done.nodes}
        before |= {name: self._graph.frames[name].rect for name in done.frames if self._in(name, home)}
        for name, frame in self._graph.frames.items():
            if name in self._full or not self._in(name, home):
                continue
            wanted = self._beside(frame, before, done)
            x, y = _free(wanted, self._rects(done))
            dx, dy = x - frame.position[0], y - frame.position[1]
            for each in self._unit(name):
                rect = self._graph.frames[each].rect
                done.frames[each] = (rect[0] + dx, rect[1] + dy, rect[2], rect[3])

    def _unit(self, name: str) -> Iterable[str]:
        """An empty frame with the notes and empty frames in it."""
        found = [name]
        for each in found:
            found.extend(inner for inner, home in self._frame_home.items() if home == each)
        return found

    def _beside(self, frame: Frame, before: Mapping[str, Rect], done: FramedLayout) -> Rect:
        """Where it stands if it goes along with what is nearest to it."""
        if not before:
            return frame.rect
        nearest = min(before, key=lambda name: _apart(frame.rect, before[name]))
        old = before[nearest]
        new = done.nodes[nearest] if nearest in done.nodes else done.frames[nearest]
        x, y = round(frame.position[0] + new[0] - old[0]), round(frame.position[1] + new[1] - old[1])
        return x, y, frame.size[0], frame.size[1]


def _as_node(frame: str) -> str:
    return f"[{frame}]"  # no node can have such a name


def _frame_of(node: str) -> str:
    return node[1:-1]


def _outside(name: str, ends: dict[str, Node]) -> str:
    return ends.setdefault(f"<{name}>", Node(f"<{name}>", "outside")).name


def _apart(one: Rect, other: Rect) -> float:
    """How far two rectangles are from each other; of two that overlap, how far their middles are, a little."""
    dx = max(one[0] - other[0] - other[2], other[0] - one[0] - one[2], 0.0)
    dy = max(one[1] - other[1] - other[3], other[1] - one[1] - one[3], 0.0)
    middles = hypot(one[0] + one[2] / 2 - other[0] - other[2] / 2, one[1] + one[3] / 2 - other[1] - other[3] / 2)
    return hypot(dx, dy) + 1e-3 * middles


def _free(wanted: Rect, taken: list[Rect]) -> Place:
    """The nearest free place for a rectangle; above everything if there is none near."""
    left, top, width, height = wanted
    reach = _STEP * (_MOST_STEPS + 1)
    around_it = (left - reach, top - reach, width + 2 * reach, height + 2 * reach)
    near = [(r[0] - _CLEAR, r[1] - _CLEAR, r[2] + 2 * _CLEAR, r[3] + 2 * _CLEAR) for r in taken]
    near = [rect for rect in near if overlap(rect, around_it)]
    for ring in range(_MOST_STEPS + 1):
        spots = _ring(ring) if ring else [(0, 0)]
        free = [
            (left + dx * _STEP, top + dy * _STEP)
            for dx, dy in spots
            if not any(overlap((left + dx * _STEP, top + dy * _STEP, width, height), rect) for rect in near)
        ]
        if free:
            return min(free, key=lambda at: hypot(at[0] - left, at[1] - top))
    everything = around(taken)
    assert everything is not None  # nothing is taken, nothing is in the way
    return left, everything[1] - height - 2 * _CLEAR


def _ring(radius: int) -> list[tuple[int, int]]:
    """The border of a square."""
    side = range(-radius, radius + 1)
    return [(x, y) for x in side for y in side if max(abs(x), abs(y)) == radius]
