"""Which wire a person most likely wants: the nearest layer whose output fits an input that waits for one."""

from __future__ import annotations

from math import hypot

from app.core.graph.model import Node, Project, Wire
from app.core.graph.ports import output_ports
from app.core.graph.rules import why_not
from app.core.inference import Report, infer
from nodes.api.registry import find

_MOST_TRIED = 24  # of the nearest layers; whoever stands further away is not meant
_BEHIND = 3.0  # a layer to the right counts as this much further away: data runs from left to right


class _Kept:
    """The report of the drawing asked about last: a list of problems asks for each of its fixes."""

    project: Project | None = None
    report: Report = Report()


def likely_wire(project: Project, where: str, node: str, port: str) -> Wire | None:
    """The wire to an input at which nothing arrives, from a layer nearby whose output fits; one that leads to
    nothing yet comes first. None if no layer fits, or a wire is there already."""
    graph = project.graph_of(where)
    if node not in graph.nodes or any(wire.target_port == port for wire in graph.into(node)):
        return None
    report = _report(project).of(where)
    for source in sorted(graph.nodes.values(), key=lambda each: _distance(project, where, each, node))[:_MOST_TRIED]:
        layer = find(source.type)
        if source.name == node or (layer is not None and layer.role in ("loss", "output", "block_out")):
            continue
        for output in output_ports(project, source):
            wire = Wire(source.name, output, node, port)
            if report.shape(wire) is not None and why_not(project, where, wire, report) is None:
                return wire
    return None


def _report(project: Project) -> Report:
    if _Kept.project is not project:
        _Kept.report, _Kept.project = infer(project), project
    return _Kept.report


def _distance(project: Project, where: str, source: Node, node: str) -> tuple[bool, float]:
    graph = project.graph_of(where)
    x, y = graph.nodes[node].position
    across = x - source.position[0]
    away = hypot(across if across >= 0 else across * _BEHIND, y - source.position[1])
    return bool(graph.out_of(source.name)), away
