"""Where a new node goes and how it is wired: questions to the core, no Qt events and no edits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from math import hypot

from PySide6.QtCore import QPointF, QRectF

from app.core.commands import AddNodes, Command, InsertOnWire, Refused
from app.core.graph.model import Graph, Node, Project, Wire, block_of
from app.core.graph.names import default_name
from app.core.graph.ports import input_ports, output_ports
from app.core.graph.roles import in_role
from app.core.graph.rules import why_not
from app.core.inference import GraphReport, Report, infer
from app.ui.canvas import geometry as g
from app.ui.canvas.figures import NodeFigure
from app.ui.canvas.node_words import look_of
from app.ui.canvas.scene import PortAt, Scene
from nodes.api import InsertBefore
from nodes.api.registry import find

_APART = 12.0  # closer than this, two nodes count as covering each other
_MOST_TRIES = 300
INSERT_REACH = 22.0  # a node dropped this close to a wire is inserted there


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything these questions need to know of the document."""

    project: Project
    report: Report
    where: str

    @property
    def graph(self) -> Graph:
        return self.project.graph_of(self.where)


def fresh_node(situation: Situation, type_id: str, position: tuple[float, float] = (0.0, 0.0)) -> Node | None:
    """A node of that type with a free name and default settings; None if there is no such type."""
    block_name = block_of(type_id)
    layer = find(type_id) if block_name is None else None
    if layer is None and block_name not in situation.project.blocks:
        return None
    name = default_name(type_id, situation.graph.nodes)
    return Node(name, type_id, layer.defaults() if layer is not None else {}, position)


def height_of(project: Project, node: Node) -> float:
    """How high a fresh node will be."""
    look = look_of(project, node, None)
    return g.body_height(look.rows, look.has_foot)


def size_of(scene: Scene, project: Project, node: Node) -> tuple[float, float]:
    """Width and height of a copy of ``node``, with its picture and its inside if it has them in ``scene`` or would."""
    scratch = Scene()
    scratch.project, scratch.where = project, scene.where
    figure, known = scratch.figure_for(node, None), scene.nodes.get(node.name)
    if known is not None and known.node.type == node.type and known.inside is None and figure.inside is None:
        return figure.width, max(figure.height, known.height)
    return figure.width, figure.height


def free_spot(
    scene: Scene,
    wanted: QPointF,
    height: float,
    only_down: bool = False,
    width: float = g.NODE_WIDTH,
    clear_of_frames: bool = False,
) -> QPointF:
    """The place nearest to ``wanted`` where a box of this height covers no node; with ``only_down`` below it.

    With ``clear_of_frames`` it covers no frames and notes, either.
    """
    tried: set[tuple[float, float]] = set()
    count = 0
    todo: list[tuple[float, int, float, float]] = [(0.0, count, wanted.x(), wanted.y())]
    while todo and len(tried) < _MOST_TRIES:
        _, _, x, y = heappop(todo)
        if (x, y) in tried:
            continue
        tried.add((x, y))
        box = QRectF(x - _APART, y - _APART, width + 2 * _APART, height + 2 * _APART)
        covered = [figure.rect for figure in scene.nodes_in(box) if figure.rect.intersects(box)]
        if clear_of_frames:
            covered += [each.rect for each in scene.frames if each.rect.intersects(box)]
        if not covered:
            return QPointF(x, y)
        ways = [(x, max(rect.bottom() for rect in covered) + g.GAP_Y)]
        if not only_down:
            ways.append((x, min(rect.top() for rect in covered) - g.GAP_Y - height))
            ways.append((max(rect.right() for rect in covered) + g.GAP_X, y))
            ways.append((min(rect.left() for rect in covered) - g.GAP_X - width, y))
        for way in ways:
            count += 1
            heappush(todo, (hypot(way[0] - wanted.x(), way[1] - wanted.y()), count, *way))
    return QPointF(wanted)


def _with(situation: Situation, node: Node) -> Project:
    return situation.project.with_graph(situation.where, situation.graph.with_nodes(node))


def possible_wires(situation: Situation, source: str, node: Node, there: Sequence[Wire] = ()) -> Iterator[Wire]:
    """Wires from ``source`` to the new ``node`` that the rules and the shapes allow, while other wires of it are
    ``there`` already, so that shapes can be compared. What may stay open is left so."""
    graph = situation.graph.with_nodes(node)
    project = situation.project.with_graph(situation.where, graph.with_wires((*graph.wires, *there)))
    report = situation.report.of(situation.where)
    for output in output_ports(project, graph.nodes[source]):
        for port in input_ports(project, node):
            wire = Wire(source, output, node.name, port.name)
            if not port.optional and why_not(project, situation.where, wire, report) is None:
                yield wire


def _after(situation: Situation, command: Command) -> tuple[Project, Report] | None:
    try:
        project = command.apply(situation.project)
    except Refused:
        return None
    return project, infer(project, situation.report, situation.project)


def add_after(situation: Situation, scene: Scene, source: str, node: Node) -> Command:
    """The edit that puts ``node`` behind ``source``, wired where it fits.

    If ``source`` feeds just one layer and everything still fits with the new one between them, it goes between.
    """
    figure = scene.nodes[source]
    beside = QPointF(figure.x + figure.width + g.GAP_X, _row_of(figure))
    leaving = situation.graph.out_of(source)
    if len(leaving) == 1 and input_ports(situation.project, node) and output_ports(situation.project, node):
        between = insert_on(situation, scene, node, leaving[0])
        done = _after(situation, between) if between is not None else None
        report = situation.report
        if between is not None and done is not None:
            after, before = done[1].of(situation.where).problems, report.of(situation.where).problems
            fits = len(after) <= len(before)
            if fits and next(possible_wires(situation, source, node), None) is not None:
                return between
    spot = free_spot(scene, beside, height_of(situation.project, node), only_down=True)
    node = replace(node, position=(spot.x(), spot.y()))
    return AddNodes(situation.where, (node,), wires_behind(situation, source, node))


def wires_behind(situation: Situation, source: str, node: Node) -> tuple[Wire, ...]:
    """The wires that the new ``node`` gets behind ``source``, where it fits or could be mended; for a loss also its
    target."""
    wire = next(possible_wires(situation, source, node), None) or _mendable(situation, source, node)
    wires = [wire] if wire is not None else []
    wires.extend(other_inputs(situation, node, wires))
    return tuple(wires)


def _mendable(situation: Situation, source: str, node: Node) -> Wire | None:
    """A wire that does not fit, but offers to insert the layer that is missing (a Flatten before a Linear)."""
    outputs = output_ports(situation.project, situation.graph.nodes[source])
    ports = input_ports(situation.project, node)
    if not outputs or not ports:
        return None
    wire = Wire(source, outputs[0], node.name, ports[0].name)
    done = _after(situation, AddNodes(situation.where, (node,), (wire,)))
    if done is None:
        return None
    found = done[1].of(situation.where).nodes[node.name].problems
    return wire if any(isinstance(fix, InsertBefore) for problem in found for fix in problem.fixes) else None


def other_inputs(situation: Situation, node: Node, wires: list[Wire]) -> Iterator[Wire]:
    """For a loss: the data that its other inputs can use, such as the label."""
    layer = find(node.type)
    if layer is None or layer.role != "loss" or not wires:
        return
    taken = {wire.target_port for wire in wires}
    sources = in_role(situation.graph, "source")
    for port in layer.inputs:
        if port.name in taken or port.optional:
            continue
        found = (
            wire
            for source in sources
            for wire in possible_wires(situation, source.name, node, wires)
            if wire.target_port == port.name
            and (wire.source, wire.source_port) != (wires[0].source, wires[0].source_port)
        )
        wire = next(found, None)
        if wire is not None:
            yield wire


def _row_of(figure: NodeFigure, port: str = "") -> float:
    """Where the top of a node in the same row is: level with this one, or with the port of an expanded block."""
    if figure.inside is None:
        return figure.y
    levels = {**figure.inside.outputs, **figure.inside.inputs}
    return figure.y + levels.get(port, next(iter(levels.values()), g.port_y(0))) - g.port_y(0)


def insert_on(
    situation: Situation, scene: Scene, node: Node, wire: Wire, at: QPointF | None = None
) -> InsertOnWire | None:
    """The edit that puts ``node`` on a wire, between its ends or at ``at``; what follows makes room."""
    source, target = scene.nodes.get(wire.source), scene.nodes.get(wire.target)
    if source is None or target is None:
        return None
    known = scene.nodes.get(node.name)
    left, wide = source.x + source.width, known.width if known is not None else g.NODE_WIDTH
    rows = _row_of(source, wire.source_port), _row_of(target, wire.target_port)
    place = QPointF(at) if at is not None else QPointF(left + g.GAP_X, rows[0])
    if target.x > left:  # the wire runs to the right
        nearer = min(rows, key=lambda row: abs(place.y() - row))
        if at is None or abs(place.y() - nearer) < g.GAP_Y:
            place = QPointF(max(min(place.x(), target.x - wide - g.GAP_X), left + g.GAP_X), nearer)
        room = max(0.0, place.x() + wide + g.GAP_X - target.x)
    else:
        room = 0.0
    node = replace(node, position=(place.x(), place.y()))
    return InsertOnWire(situation.where, node, wire, make_room=room)


def wire_below(situation: Situation, scene: Scene, node: Node, point: QPointF) -> Wire | None:
    """The wire near ``point`` on which ``node`` would be inserted: one that it fits, else the closest.

    A class label has nothing to do in a layer that calculates, so a wire with a label is taken only if it fits.
    """
    wires = [f.wire for f in scene.wires_near(point, INSERT_REACH) if can_insert(situation, node, f.wire)]
    report = situation.report.of(situation.where)
    project = _with(situation, node)
    ports = input_ports(situation.project, node)
    for wire in wires:
        way_in = replace(wire, target=node.name, target_port=ports[0].name)
        if why_not(project, situation.where, way_in, report) is None:
            return wire
    shapes = ((wire, report.shape(wire)) for wire in wires)
    return next((wire for wire, shape in shapes if shape is None or shape.kind != "label"), None)


def can_insert(situation: Situation, node: Node, wire: Wire) -> bool:
    """Whether a node can stand on this wire: it has both kinds of ports and is not wired yet."""
    graph = situation.graph
    if node.name in (wire.source, wire.target) or graph.into(node.name) or graph.out_of(node.name):
        return False
    return bool(input_ports(situation.project, node)) and bool(output_ports(situation.project, node))


def best_wire(situation: Situation, source: str, target: str) -> tuple[Wire | None, str]:
    """The wire that should join two nodes: a fitting one to a free input first; or the sentence why there is none."""
    graph, report = situation.graph, situation.report.of(situation.where)
    used = {wire.target_port for wire in graph.into(target)}
    found: list[tuple[bool, bool, int, Wire]] = []
    reason = f"{source} and {target} have no ports that could be joined."
    for output in output_ports(situation.project, graph.nodes[source]):
        for port in input_ports(situation.project, graph.nodes[target]):
            wire = Wire(source, output, target, port.name)
            refusal = why_not(situation.project, situation.where, wire, report)
            if refusal is None or refusal.allowed:
                busy = port.name in used and not port.variadic
                found.append((refusal is not None, busy, len(found), wire))
            else:
                reason = refusal.sentence
    return (min(found)[3], "") if found else (None, reason)


def joining_wire(situation: Situation, node: Node, port: PortAt) -> Wire | None:
    """The wire between a new node and a port: one that fits, else the first that may be drawn."""
    project = _with(situation, node)
    report = situation.report.of(situation.where)
    if port.is_output:
        ports = input_ports(project, node)
        # An input that may stay open, such as a state to start from, is not what a new layer is for.
        needed = [p for p in ports if not p.optional] or ports
        wires = [Wire(port.node, port.port, node.name, p.name) for p in needed]
    else:
        wires = [Wire(node.name, name, port.node, port.port) for name in output_ports(project, node)]
    allowed: Wire | None = None
    for wire in wires:
        refusal = why_not(project, situation.where, wire, report_with(situation, node, report))
        if refusal is None:
            return wire
        if refusal.allowed and allowed is None:
            allowed = wire
    return allowed


def report_with(situation: Situation, node: Node, report: GraphReport) -> GraphReport:
    """The report as it would be with the new node, so that the shapes it gives are known if nothing has to arrive."""
    if input_ports(situation.project, node):
        return report
    return infer(_with(situation, node), situation.report, situation.project).of(situation.where)
