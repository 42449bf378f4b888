"""May these two ports be joined? One named reason for each refusal; asking changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.core.checks.problems import why_no_source
from app.core.graph.model import Project, Wire
from app.core.graph.ports import input_ports, output_ports
from app.core.graph.topology import would_loop
from app.core.inference import GraphReport, tried
from nodes.api import BadSetting, Shape, ShapeError
from nodes.api.registry import find


class Reason(Enum):
    """Why two ports cannot be joined. ``SHAPE`` is only advice: such a wire may be drawn and is explained."""

    NO_SUCH_NODE = "no such node"
    NO_SUCH_PORT = "no such port"
    ITSELF = "itself"
    LOOP = "loop"
    ALREADY = "already"
    SHAPE = "shape"


@dataclass(frozen=True, slots=True)
class WireRefusal:
    """A reason with its sentence."""

    reason: Reason
    sentence: str

    @property
    def allowed(self) -> bool:
        """Whether the wire may be drawn all the same."""
        return self.reason is Reason.SHAPE


def why_not(project: Project, where: str, wire: Wire, report: GraphReport | None = None) -> WireRefusal | None:
    """Why this wire should not be drawn in the graph ``where``, or None if it is fine.

    A wire that already ends at a single input does not count: the new one takes its place. With a ``report`` the
    shapes are tried too.
    """
    graph = project.graph_of(where)
    source, target = graph.nodes.get(wire.source), graph.nodes.get(wire.target)
    if source is None or target is None:
        missing = wire.source if source is None else wire.target
        return WireRefusal(Reason.NO_SUCH_NODE, f"There is no layer named {missing} here.")
    if wire.source_port not in output_ports(project, source):
        return WireRefusal(Reason.NO_SUCH_PORT, f"{wire.source} has no output named {wire.source_port}.")
    port = next((port for port in input_ports(project, target) if port.name == wire.target_port), None)
    if port is None:
        return WireRefusal(Reason.NO_SUCH_PORT, f"{wire.target} has no input named {wire.target_port}.")
    if wire.source == wire.target:
        return WireRefusal(Reason.ITSELF, "A layer cannot read its own output.")
    if wire in graph.into(wire.target) and not port.variadic:
        return WireRefusal(Reason.ALREADY, "These two are already joined.")
    if would_loop(graph, wire.source, wire.target):
        return WireRefusal(
            Reason.LOOP, f"{wire.source} already depends on {wire.target}; this wire would make data run in a circle."
        )
    if report is None:
        return None
    if why := why_no_source(source):
        return WireRefusal(Reason.SHAPE, why)
    return _shape_refusal(project, where, wire, report)


def _shape_refusal(project: Project, where: str, wire: Wire, report: GraphReport) -> WireRefusal | None:
    """What the target would say to the shape on this wire, if all its other inputs are known."""
    graph = project.graph_of(where)
    target = graph.nodes[wire.target]
    layer, shape = find(target.type), report.shape(wire)
    if shape is None or target.bypassed:
        return None
    inputs: dict[str, tuple[Shape, ...]] = {}
    for port in input_ports(project, target):
        arrived: list[Shape] = []
        for other in graph.into(target.name):
            if other.target_port == port.name and (port.variadic or port.name != wire.target_port):
                known = report.shape(other)
                if known is None:
                    return None
                arrived.append(known)
        if port.name == wire.target_port:
            arrived.append(shape)
        if not arrived and not port.optional:
            return None
        if arrived:
            inputs[port.name] = tuple(arrived)
    if layer is None:
        problem = next(iter(tried(project, where, target, inputs).problems), None)
        return WireRefusal(Reason.SHAPE, f"{problem.node}: {problem.sentence}") if problem is not None else None
    try:
        layer.build(inputs, layer.settings(target.params))
    except ShapeError as error:
        return WireRefusal(Reason.SHAPE, error.sentence)
    except BadSetting:
        return None
    return None
