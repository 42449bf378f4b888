"""All figures of one graph, where they are, and what is under a point."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from PySide6.QtCore import QPointF, QRectF

from app.core.checks.problems import Problem
from app.core.graph.model import MAIN, Graph, Node, Project, Wire, block_of
from app.core.inference import GraphReport, NodeReport
from app.ui.canvas import geometry as g
from app.ui.canvas.expanded_block import MOST_DEEP, BlockMargins, ExpandedBlock
from app.ui.canvas.figures import NodeFigure, OnWires, WireFigure
from app.ui.canvas.frames.figures import FrameFigures
from app.ui.canvas.grid import SpatialIndex
from app.ui.canvas.headroom import fit_frames, room_below
from app.ui.canvas.node_words import look_of

_MANY_LANES = 200  # beyond this, wires no longer keep apart from each other: comparing all pairs would take seconds

Values = dict[str, dict[str, Any]]
_ORDER = attrgetter("order")


@dataclass(frozen=True, slots=True)
class PortAt:
    """A port of a node: what the mouse is over, or where a wire may end."""

    node: str
    port: str
    is_output: bool


class Scene:
    """The figures of the graph ``where``. It follows; it never changes the document.

    ``lifted`` nodes are being dragged: they are drawn ``offset`` away from where they stand, and nothing else of the
    scene knows of it until the document has changed. ``opened`` are the expanded blocks; each holds a scene of its own,
    whose ``around`` are the blocks that it stands in, and whose ``values`` are the settings that the instance gives to
    nodes inside.
    """

    def __init__(self, around: tuple[str, ...] = (), room: BlockMargins | None = None) -> None:
        self.around = around
        self.values: Values = {}
        self.room = room if room is not None else BlockMargins()
        self.opened: dict[str, NodeFigure] = {}
        self.where = MAIN
        self.project = Project()
        self.report = GraphReport()
        self.nodes: dict[str, NodeFigure] = {}
        self.wires: dict[Wire, WireFigure] = {}
        self.frames = FrameFigures()
        self.lifted: frozenset[str] = frozenset()
        self.on_wires: OnWires = {}  # what is written on wires
        self.offset = QPointF()
        self.version = 0  # grows with every change that is seen from afar; boxes and lines are gathered anew then
        self._touching: dict[str, dict[Wire, None]] = {}
        # Figures are asked for by themselves: their hash is their identity, a wire's would be made of four names.
        self._node_grid: SpatialIndex[NodeFigure] = SpatialIndex()
        self._wire_grid: SpatialIndex[WireFigure] = SpatialIndex()
        self._lanes: dict[Wire, tuple[float, float, float]] = {}
        self.routed = True  # whether every wire runs as it would if the graph were loaded now
        self._next_order = 0

    # -- following the drawing -------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The graph that is shown."""
        return self.project.graph_of(self.where)

    def load(self, project: Project, where: str, report: GraphReport) -> None:
        """Show a graph from the beginning, without the pictures of what was shown before."""
        self.project, self.where, self.report = project, where, report
        self.nodes.clear()
        self.opened.clear()
        if not self.around:
            self.room = BlockMargins()
        self.wires.clear()
        self._touching.clear()
        self._node_grid.clear()
        self._wire_grid.clear()
        self._lanes.clear()
        self.lifted, self.offset, self._next_order, self.on_wires = frozenset(), QPointF(), 0, {}
        graph = project.graph_of(where)
        self.frames.load(graph.frames)
        for node in graph.nodes.values():
            self.add_node(node)
        # Short wires first: they take the lanes next to the nodes, and longer ones go around them.
        for wire in sorted(graph.wires, key=self._length):
            self.add_wire(wire)
        self.routed = True
        self.version += 1

    def route(self) -> None:
        """Let every wire find its way anew, as when the graph was loaded, if something has changed since then."""
        if self.routed:
            return
        self._lanes.clear()
        drawn = dict.fromkeys(wire for wire in self.graph.wires if wire in self.wires)  # one may be there twice
        for wire in sorted(drawn, key=self._length):
            self._place(self.wires[wire])
        self.routed = True

    def _length(self, wire: Wire) -> float:
        source, target = self.nodes.get(wire.source), self.nodes.get(wire.target)
        return abs(target.x - source.x) if source is not None and target is not None else 0.0

    def add_node(self, node: Node) -> NodeFigure:
        """Put a node on the canvas."""
        report = self.report.nodes.get(node.name)
        figure = self.figure_for(node, report)
        if figure.inside is not None:
            self.opened[node.name] = figure
        self._next_order += 1
        self.nodes[node.name] = figure
        self._node_grid.put(figure, figure.bounds)
        self.version += 1
        return figure

    def reorder(self) -> bool:
        """Let nodes lie on each other as the document has them, also after an undo; True if some did not."""
        names = self.graph.nodes
        if list(self.nodes) == list(names):
            return False
        figures = [self.nodes[name] for name in names]
        self.nodes.clear()
        for order, figure in enumerate(figures):
            figure.order = order
            self.nodes[figure.name] = figure
        self._next_order = len(figures)
        self.version += 1
        return True

    def _here(self, node: Node) -> Node:
        """The node with the settings that the instance around it gives it."""
        given = self.values.get(node.name)
        return replace(node, params={**node.params, **given}) if given else node

    def figure_for(self, node: Node, report: NodeReport | None) -> NodeFigure:
        """How a node would look here; it is not put on the canvas."""
        node = self._here(node)
        figure = NodeFigure(node, look_of(self.project, node, report, self.where), report, self._next_order)
        self._expand(figure)
        return figure

    def _expand(self, figure: NodeFigure) -> None:
        """Open or close a block, as its node says."""
        block = block_of(figure.node.type)
        wanted = figure.node.expanded and block in self.project.blocks and len(self.around) < MOST_DEEP
        if block in (self.where, *self.around):
            wanted = False  # it contains itself; the problems tell of it
        inside = figure.inside
        if inside is not None and (not wanted or inside.scene.where != block):
            self.room.left += inside.all_taken
            figure.inside = inside = None
        if wanted and inside is None and block is not None:
            count = len(self.project.blocks[block].graph.nodes)
            if self.room.take(count):
                scene = Scene((*self.around, self.where), self.room)
                scene.values = values_of(self.project, figure.node)
                scene.load(self.project, block, inner_report(figure.report))
                figure.inside = ExpandedBlock(scene, count)
                figure.inside.arrange()
        figure.measure()

    def remove_node(self, name: str) -> None:
        """Take a node off the canvas; its wires are taken off by themselves."""
        figure = self.nodes.pop(name, None)
        if figure is not None:
            self._node_grid.remove(figure)
            if self.opened.pop(name, None) is not None and figure.inside is not None:
                self.room.left += figure.inside.all_taken
        self.version += 1

    def refresh_node(self, name: str, node: Node) -> None:
        """Draw a node anew: its settings, its report or its place may differ."""
        figure, node = self.nodes[name], self._here(node)
        figure.node, figure.report = node, self.report.nodes.get(name)
        ports, seen_afar = figure.look.inputs + figure.look.outputs, _afar(figure)
        figure.look = look_of(self.project, node, figure.report, self.where)
        figure.version += 1
        before, inside = (figure.width, figure.height), figure.inside
        self._expand(figure)
        if figure.inside is not None:
            self.opened[name] = figure
        else:
            self.opened.pop(name, None)
        grown = before != (figure.width, figure.height)
        if grown:
            self._node_grid.put(figure, figure.bounds)
        if grown or figure.inside is not inside or _afar(figure) != seen_afar:
            self.version += 1
        if grown or [p.name for p in ports] != [p.name for p in figure.look.inputs + figure.look.outputs]:
            self.replace_wires([name])

    def inside_changed(self, figure: NodeFigure) -> bool:
        """Follow what is inside of an expanded block; True if its box or its ports are not where they were."""
        figure.version += 1
        self.version += 1
        if figure.inside is None or not figure.inside.arrange():
            return False
        figure.measure()
        self._node_grid.put(figure, figure.bounds)
        self.replace_wires([figure.name])
        return True

    def resized(self, figure: NodeFigure) -> bool:
        """Take up a new picture or another height of a node; True if it is higher or lower than before."""
        figure.version += 1
        figure.room = room_below(self, figure)
        if not figure.measure():
            return False  # from afar pictures are not seen: nothing to gather anew while they change in training
        self.version += 1
        self._node_grid.put(figure, figure.bounds)
        self.replace_wires([figure.name])
        fit_frames(self)
        return True

    def move_node(self, name: str, node: Node) -> None:
        """Put a node to its new place. ``replace_wires`` follows once for all that moved."""
        figure = self.nodes[name]
        figure.node = self._here(node)
        figure.x, figure.y = node.position
        self._node_grid.put(figure, figure.bounds)
        self.version += 1

    def add_wire(self, wire: Wire) -> None:
        """Put a wire on the canvas. One whose ends do not both exist is not drawn; the problems tell of it."""
        if wire in self.wires or wire.source not in self.nodes or wire.target not in self.nodes:
            return
        figure = WireFigure(wire)
        self.wires[wire] = figure
        for name in (wire.source, wire.target):
            self._touching.setdefault(name, {})[wire] = None
        self._place(figure)
        self.refresh_wire(figure)

    def remove_wire(self, wire: Wire) -> None:
        """Take a wire off the canvas."""
        figure = self.wires.pop(wire, None)
        if figure is None:
            return
        self._wire_grid.remove(figure)
        self._lanes.pop(wire, None)
        self.routed = False
        for name in (wire.source, wire.target):
            self._touching.get(name, {}).pop(wire, None)
        self.version += 1

    def refresh_wire(self, figure: WireFigure) -> None:
        """Colour and words of a wire from the present report."""
        shape = self.report.shape(figure.wire)
        before = figure.kind, figure.fits
        figure.kind = shape.kind if shape is not None else None
        figure.text = str(shape) if shape is not None and shape.kind not in ("label", "number") else ""
        times = self.graph.into(figure.wire.target).count(figure.wire)
        if times > 1 and shape is not None:  # at an input that takes many, one value may arrive more than once
            figure.text = f"{figure.text} ×{times}".strip()
        problem = problem_of_wire(self.report.nodes.get(figure.wire.target), figure.wire)
        figure.fits, figure.sentence = problem is None, problem.sentence if problem is not None else ""
        if (figure.kind, figure.fits) != before:
            self.version += 1

    def replace_wires(self, names: Collection[str]) -> list[QRectF]:
        """Draw anew the wires of these nodes, and those that have to go around them or no longer have to.

        Gives the areas to paint again: where those wires were, and where they are.
        """
        moved = set(names)
        areas = [self.nodes[name].bounds for name in names if name in self.nodes]
        todo = {wire: None for name in names for wire in self._touching.get(name, ())}
        # Many moved nodes are one tidy-up: then it is cheaper to look at every wire than at every pair.
        for wire, figure in self.wires.items():
            if wire in todo or wire.source in moved or wire.target in moved:
                continue
            if figure.lane is not None or len(areas) > 40 or any(figure.bounds.intersects(area) for area in areas):
                todo[wire] = None
        for wire in todo:
            self._lanes.pop(wire, None)
        done = [self.wires[wire] for wire in sorted(todo, key=self._length)]
        touched = [figure.bounds for figure in done]
        for figure in done:
            self._place(figure)
        touched.extend(figure.bounds for figure in done)
        return touched

    def _place(self, figure: WireFigure) -> None:
        wire = figure.wire
        source, target = self.nodes[wire.source], self.nodes[wire.target]
        start, end = source.output_at(wire.source_port), target.input_at(wire.target_port)
        # A wire that runs back has to go around its own two nodes as well.
        ends = (wire.source, wire.target) if end.x() > start.x() else ()

        def obstacles(rect: QRectF) -> Iterator[QRectF]:
            return (box.rect for box in self.nodes_in(rect) if box.name not in ends and box.rect.intersects(rect))

        taken = tuple(self._lanes.values()) if len(self._lanes) < _MANY_LANES else ()
        lane = g.lane_for(start, end, obstacles, taken)
        if lane is not None:
            self._lanes[wire] = (min(start.x(), end.x()), max(start.x(), end.x()), lane.y)
        figure.place(start, end, lane)
        self.routed = False
        self._wire_grid.put(figure, figure.bounds)
        self.version += 1

    # -- dragging --------------------------------------------------------------------------------------------------

    def lift(self, names: Iterable[str]) -> None:
        """Begin to drag nodes."""
        self.lifted, self.offset = frozenset(names), QPointF()
        self.version += 1

    def let_go(self) -> None:
        """End a drag; everything is where the document says."""
        self.frames.let_go()
        if self.lifted or not self.offset.isNull():
            self.lifted, self.offset = frozenset(), QPointF()
            self.version += 1

    def wires_of(self, names: Iterable[str]) -> list[WireFigure]:
        """The wires that touch any of these nodes."""
        found = {wire: None for name in names for wire in self._touching.get(name, ())}
        return [self.wires[wire] for wire in found]

    # -- questions -------------------------------------------------------------------------------------------------

    def bounds(self, names: Iterable[str] | None = None) -> QRectF:
        """The rectangle around these nodes, or around all with their frames; empty if there are none."""
        figures = [self.nodes[n] for n in names if n in self.nodes] if names is not None else list(self.nodes.values())
        framed = self.frames.bounds() if names is None else QRectF()
        if not figures:
            return framed
        left = min(figure.x for figure in figures)
        top = min(figure.y for figure in figures)
        right = max(figure.x + figure.width for figure in figures)
        bottom = max(figure.y + figure.height for figure in figures)
        return QRectF(left, top, right - left, bottom - top).united(framed)

    def nodes_in(self, rect: QRectF) -> list[NodeFigure]:
        """The nodes that are seen in ``rect``, in the order in which they are painted."""
        found = self._node_grid.near(rect)
        left, top, right, bottom = rect.left(), rect.top(), rect.right(), rect.bottom()
        edge = g.MARGIN
        seen = [
            figure
            for figure in found
            if figure.x - edge <= right
            and figure.x + figure.width + edge >= left
            and figure.y - edge <= bottom
            and figure.y + figure.height + edge >= top
        ]
        seen.sort(key=_ORDER)
        if self.opened:  # a node on a large box is seen
            seen.sort(key=_is_closed)
        return seen

    def wires_in(self, rect: QRectF) -> list[WireFigure]:
        """The wires that may be seen in ``rect``."""
        return [figure for figure in self._wire_grid.near(rect) if figure.bounds.intersects(rect)]

    def node_at(self, point: QPointF) -> NodeFigure | None:
        """The uppermost node under a point."""
        for figure in reversed(self.nodes_in(QRectF(point.x() - 1, point.y() - 1, 2, 2))):
            if figure.rect.contains(point):
                return figure
        return None

    def badge_at(self, point: QPointF) -> NodeFigure | None:
        """The node whose problem badge is under a point."""
        reach = g.BADGE_RADIUS + 2
        for figure in reversed(self.nodes_in(QRectF(point.x() - 1, point.y() - 1, 2, 2))):
            if figure.troubled:
                away = point - figure.badge_at
                if away.x() ** 2 + away.y() ** 2 <= reach * reach:
                    return figure
        return None

    def port_at(self, point: QPointF, reach: float = g.PORT_REACH) -> PortAt | None:
        """The port under a point, the nearest if several are."""
        best: PortAt | None = None
        nearest = reach * reach
        area = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
        for figure in self.nodes_in(area):
            for is_output in (False, True):
                for look in figure.look.outputs if is_output else figure.look.inputs:
                    place = figure.output_at(look.name) if is_output else figure.input_at(look.name)
                    away = point - place
                    squared = away.x() ** 2 + away.y() ** 2
                    if squared <= nearest:
                        best, nearest = PortAt(figure.name, look.name, is_output), squared
        return best

    def place_of(self, port: PortAt) -> QPointF:
        """Where a port is."""
        figure = self.nodes[port.node]
        return figure.output_at(port.port) if port.is_output else figure.input_at(port.port)

    def wire_at(self, point: QPointF, reach: float = 7.0) -> WireFigure | None:
        """The wire that passes closest to a point."""
        return next(iter(self.wires_near(point, reach)), None)

    def wires_near(self, point: QPointF, reach: float) -> list[WireFigure]:
        """The wires that pass within reach of a point, the closest first."""
        area = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
        near = [(figure.distance(point), i, figure) for i, figure in enumerate(self.wires_in(area))]
        return [figure for distance, _, figure in sorted(near) if distance <= reach]


def _is_closed(figure: NodeFigure) -> bool:
    return figure.inside is None


def values_of(project: Project, node: Node) -> Values:
    """What an instance of a block sets inside of it: node, setting, value."""
    block = project.blocks.get(block_of(node.type) or "")
    found: Values = {}
    for entry in block.exposed if block is not None else ():
        if entry.name in node.params:
            found.setdefault(entry.node, {})[entry.param] = node.params[entry.name]
    return found


def values_at(project: Project, way: Sequence[str]) -> Values:
    """What the instance at the end of ``way`` sets inside of it, with what those around it set."""
    values, graph = Values(), project.graph
    for name in way:
        node = graph.nodes[name]
        values = values_of(project, replace(node, params={**node.params, **values.get(name, {})}))
        graph = project.blocks[block_of(node.type) or ""].graph
    return values


def inner_report(report: NodeReport | None) -> GraphReport:
    """What is known of the inside of an instance of a block; nothing while nothing arrives."""
    return report.inner if report is not None and report.inner is not None else GraphReport()


def _afar(figure: NodeFigure) -> tuple[str, bool, str | None]:
    """What of a node's look is still seen when only boxes are drawn."""
    return figure.look.category, figure.look.pale, figure.badge


def problem_of_wire(report: NodeReport | None, wire: Wire) -> Problem | None:
    """The problem that this wire causes at its target, if there is one.

    A shape that does not fit belongs to the wires at its port, or to those its fixes speak of, or to all that arrive.
    """
    if report is None:
        return None
    for problem in report.problems:
        if problem.wire is not None:
            if problem.wire == wire:
                return problem
        elif problem.code == "shape":
            ports = {problem.port} if problem.port else {getattr(fix, "port", "") for fix in problem.fixes}
            if not ports & set(report.inputs) or wire.target_port in ports:
                return problem
    return None
