"""Another layer type in the place of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.commands.base import Command, Refused, existing
from app.core.graph.blocks import why_recursive
from app.core.graph.model import BLOCK_PREFIX, MAIN, Graph, Node, Project, Wire
from app.core.graph.ports import input_ports, is_known, output_ports
from nodes.api import MAIN_ONLY, BadSetting, Param
from nodes.api.registry import find


@dataclass(frozen=True)
class ChangeType(Command):
    """Make a node one of another type. Name, place, wires and the settings that both have stay.

    Wires keep the ports of their names, else those at the same place; a wire for which there is no port goes.
    """

    name: str = ""
    type: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def step_title(self) -> str:
        return f"Make {self.name} a {self.type.removeprefix(BLOCK_PREFIX)}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        old = existing(graph, self.name)
        fresh = replace(old, type=self.type, params={}, shares=None)
        if not is_known(project, fresh):
            raise Refused(f"There is no layer type {self.type}.")
        layer = find(self.type)
        if layer is not None and layer.role in (("block_in", "block_out") if self.where == MAIN else MAIN_ONLY):
            raise Refused(f"{layer.name} cannot stand {'here' if self.where == MAIN else 'inside a block'}.")
        if why := why_recursive(project, self.where, self.type):
            raise Refused(why)
        if layer is not None:
            kept = {p.name: value for p in layer.params if (value := adapted(p, old.params.get(p.name))) is not None}
            fresh = replace(fresh, params={**layer.defaults(), **kept, **dict(self.params)})
        return graph.with_nodes(fresh).with_wires(_moved(graph, project, old, fresh))


def adapted(param: Param, value: Any) -> Any:
    """``value`` as ``param`` takes it, a number for a pair and the other way round; None if it does not."""
    first = value[0] if isinstance(value, tuple) and value else value
    for way in (value, first, (first, first), (first, first, first)):
        try:
            return param.check(way)
        except BadSetting:
            continue
    return None


def _moved(graph: Graph, project: Project, old: Node, fresh: Node) -> list[Wire]:
    ins = [port.name for port in input_ports(project, old)], [port.name for port in input_ports(project, fresh)]
    outs = list(output_ports(project, old)), list(output_ports(project, fresh))
    many = {port.name for port in input_ports(project, fresh) if port.variadic}
    taken: set[str] = set()
    wires = []
    for wire in graph.wires:
        if wire.target == fresh.name:
            port = _same(wire.target_port, *ins)
            if port is None or (port in taken and port not in many):
                continue
            taken.add(port)
            wire = replace(wire, target_port=port)
        if wire.source == fresh.name:
            port = _same(wire.source_port, *outs)
            if port is None:
                continue
            wire = replace(wire, source_port=port)
        wires.append(wire)
    return wires


def _same(port: str, before: Sequence[str], after: Sequence[str]) -> str | None:
    """The port that stands for an old one: by name, else by place; of an unknown type, the first."""
    if port in after:
        return port
    place = before.index(port) if port in before else 0
    return after[place] if place < len(after) else None
