"""Which wire a person most likely wants: the nearest layer whose output fits an input that waits for one."""

from __future__ import annotations

from itertools import takewhile
from math import hypot

from app.core.graph.model import Graph, Node, Project, Wire
from app.core.graph.ports import input_ports, output_ports
from app.core.graph.roles import role_of
from app.core.graph.rules import why_not
from app.core.graph.topology import upstream
from app.core.inference import GraphReport, Report, infer
from nodes.api import BadSetting, ShapeError
from nodes.api.augmentations import TARGET
from nodes.api.registry import find

_MOST_TRIED = 24  # of the nearest layers; whoever stands further away is not meant
_BEHIND = 3.0  # a layer to the right counts as this much further away: data runs from left to right


class _LastReport:
    """The report of the drawing asked about last: a list of problems asks for each of its fixes."""

    project: Project | None = None
    report: Report = Report()


def likely_wire(project: Project, where: str, node: str, port: str, instead: bool = False) -> Wire | None:
    """The wire to an input at which nothing arrives, from a layer nearby whose output fits; one that leads to
    nothing yet comes first. ``instead`` looks for another wire than those that arrive there.

    What fits depends on the other inputs: those before this one that wait as well are taken to be wired so first.

    None if no layer fits, or a wire is there already.
    """
    graph = project.graph_of(where)
    if node not in graph.nodes:
        return None
    taken = graph.arriving(node, port)
    if taken and not instead:
        return None
    likely = project
    if taken:
        graph = graph.with_wires([wire for wire in graph.wires if wire not in taken])
        likely = project.with_graph(where, graph)
    for before in takewhile(lambda each: each != port, _waiting(likely, graph, node)):
        guess = likely_wire(likely, where, node, before)
        if guess is not None:
            graph = graph.with_wires([*graph.wires, guess])
            likely = likely.with_graph(where, graph)
    return _nearest(likely, project, where, node, port)


def _waiting(project: Project, graph: Graph, node: str) -> list[str]:
    """The inputs of a node at which something has to arrive and nothing does."""
    wired = {wire.target_port for wire in graph.into(node)}
    return [
        port.name for port in input_ports(project, graph.nodes[node]) if not port.optional and port.name not in wired
    ]


def _nearest(project: Project, before: Project, where: str, node: str, port: str) -> Wire | None:
    """The wire from the nearest layer that fits. ``before`` is a drawing that is nearly the same, and known."""
    graph = project.graph_of(where)
    report = (report_of(before) if project is before else infer(project, report_of(before), before)).of(where)
    role = role_of(graph.nodes[node])
    compares, mixes = role == "loss", role == "augmentation" and port == TARGET
    given = _entering(graph, node) if compares else set()
    learned = _learned_before(graph, report, {name for name, _ in given})
    fitting = []
    for source in sorted(graph.nodes.values(), key=lambda each: _distance(project, where, each, node))[:_MOST_TRIED]:
        if source.name == node or source.name in learned or role_of(source) in ("loss", "output", "block_out"):
            continue
        for output in output_ports(project, source):
            wire = Wire(source.name, output, node, port)
            if (source.name, output) in given:  # a loss that compares a value with itself teaches nothing
                continue
            shape = report.shape(wire)
            if shape is None or why_not(project, where, wire, report) is not None:
                continue
            if not mixes or shape.classes is not None:
                return wire
            if role_of(source) == "source" and (source.name, output) not in _entering(graph, node):
                fitting.append(wire)  # numbers can be mixed too, if there are no classes
    if fitting:
        return fitting[0]
    return _label(project, where, node, port, report) if compares else None


def _entering(graph: Graph, node: str) -> set[tuple[str, str]]:
    return {(wire.source, wire.source_port) for wire in graph.into(node)}


def _learned_before(graph: Graph, report: GraphReport, ends: set[str]) -> set[str]:
    """Of the layers that an answer is computed of, those that have learned what they give: a net that is told to come
    near to its own inside is told nothing."""
    way = upstream(graph, ends) | ends
    learners = {name for name in way if (found := report.nodes.get(name)) is not None and found.parameters}
    return {name for name in way if learners & ({name} | upstream(graph, {name}))} if learners else set()


def _label(project: Project, where: str, node: str, port: str, report: GraphReport) -> Wire | None:
    """The field of a source that fits an input of a loss, though the loss has a complaint about another input."""
    graph = project.graph_of(where)
    layer = find(graph.nodes[node].type)
    for source in graph.nodes.values():
        fields = output_ports(project, source) if role_of(source) == "source" else ()
        wires = [Wire(source.name, output, node, port) for output in fields]
        shapes = {wire: report.shape(wire) for wire in wires}
        # The right answers first: what goes into the net is seldom what comes out of it.
        for wire in sorted(wires, key=lambda each: (found := shapes[each]) is None or found.kind != "label"):
            given = shapes[wire]
            arriving = {w.target_port: (shape,) for w in graph.into(node) if (shape := report.shape(w)) is not None}
            if given is None or layer is None or port in arriving or not arriving:
                continue
            try:
                layer.build({**arriving, port: (given,)}, layer.settings(graph.nodes[node].params))
            except ShapeError as error:
                if error.port == port or any(getattr(fix, "port", "") in ("", port) for fix in error.fixes):
                    continue
                if error.fixes:
                    return wire
            except BadSetting:
                continue
    return None


def report_of(project: Project) -> Report:
    """The report of a drawing; that of the one asked about last is kept."""
    if _LastReport.project is not project:
        _LastReport.report, _LastReport.project = infer(project), project
    return _LastReport.report


def _distance(project: Project, where: str, source: Node, node: str) -> tuple[bool, float]:
    graph = project.graph_of(where)
    x, y = graph.nodes[node].position
    across = x - source.position[0]
    away = hypot(across if across >= 0 else across * _BEHIND, y - source.position[1])
    return bool(graph.out_of(source.name)), away
