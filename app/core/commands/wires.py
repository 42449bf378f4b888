"""Edits of wires."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.commands.base import Command, Refused
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.ports import input_ports
from app.core.graph.rules import Reason, why_not


def check_wire(project: Project, where: str, wire: Wire) -> None:
    """Nothing if the wire may be drawn.

    Raises:
        Refused: with the sentence of the rule that forbids it.
    """
    refusal = why_not(project, where, wire)
    if refusal is not None and not refusal.allowed:
        raise Refused(refusal.sentence)


def connected(project: Project, where: str, wire: Wire) -> Graph:
    """The graph with the wire; at a single input it takes the place of the old one.

    Raises:
        Refused: if the rules forbid the wire.
    """
    graph = project.graph_of(where)
    refusal = why_not(project, where, wire)
    if refusal is not None and refusal.reason is Reason.ALREADY:
        return graph
    check_wire(project, where, wire)
    ports = {port.name: port for port in input_ports(project, graph.nodes[wire.target])}
    kept = graph.wires
    if not ports[wire.target_port].variadic:
        kept = tuple(w for w in kept if (w.target, w.target_port) != (wire.target, wire.target_port))
    return graph.with_wires((*kept, wire))


@dataclass(frozen=True)
class Connect(Command):
    """Draw wires."""

    wires: tuple[Wire, ...] = ()

    @property
    def step_title(self) -> str:
        if len(self.wires) == 1:
            return f"Connect {self.wires[0].source} to {self.wires[0].target}"
        return "Connect"

    def edit(self, graph: Graph, project: Project) -> Graph:
        for wire in self.wires:
            graph = connected(project.with_graph(self.where, graph), self.where, wire)
        return graph


@dataclass(frozen=True)
class Disconnect(Command):
    """Remove wires."""

    wires: tuple[Wire, ...] = ()

    @property
    def step_title(self) -> str:
        if len(self.wires) == 1:
            return f"Disconnect {self.wires[0].source} from {self.wires[0].target}"
        return f"Disconnect {len(self.wires)} wires"

    def edit(self, graph: Graph, project: Project) -> Graph:
        wires = list(graph.wires)
        for wire in self.wires:
            if wire not in wires:
                raise Refused(f"There is no wire {wire}.")
            wires.remove(wire)
        return graph.with_wires(wires)


@dataclass(frozen=True)
class MoveWire(Command):
    """Let a wire end, or begin, elsewhere. Its place among the wires stays: at a port that takes many, order counts."""

    wire: Wire | None = None
    instead: Wire | None = None

    @property
    def step_title(self) -> str:
        return f"Rewire {self.instead.source} to {self.instead.target}" if self.instead is not None else "Rewire"

    def edit(self, graph: Graph, project: Project) -> Graph:
        if self.wire is None or self.instead is None or self.wire not in graph.wires:
            raise Refused(f"There is no wire {self.wire}.")
        place = graph.wires.index(self.wire)
        rest = graph.wires[:place] + graph.wires[place + 1 :]
        joined = connected(project.with_graph(self.where, graph.with_wires(rest)), self.where, self.instead).wires
        others = [wire for wire in joined if wire != self.instead]
        before = sum(wire in others for wire in graph.wires[:place])
        return graph.with_wires((*others[:before], self.instead, *others[before:]))
