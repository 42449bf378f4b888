"""Nodes put behind one another, with the shapes that arrive: a first net is written down as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.core.graph.model import Graph, Node, Wire
from app.core.graph.names import default_name
from nodes.api import Shape
from nodes.api.registry import find

Place = tuple[str, str]  # a node and one of its outputs


class Chain:
    """Collects nodes and wires. ``taken`` are names that are not free."""

    def __init__(self, taken: Sequence[str] = ()) -> None:
        self.nodes: list[Node] = []
        self.wires: list[Wire] = []
        self._taken = set(taken)

    def put(self, type_id: str, *behind: Place, **settings: Any) -> Place:
        """A layer behind these outputs, in the order of its ports (a port for several takes them all); gives its first
        output."""
        layer = find(type_id)
        assert layer is not None, type_id
        name = default_name(type_id, self._taken)
        self._taken.add(name)
        self.nodes.append(Node(name, type_id, layer.settings({**layer.defaults(), **settings})))
        ports = [port.name for port in layer.inputs]
        for number, (source, output) in enumerate(behind):
            many = layer.inputs[0].variadic
            self.wires.append(Wire(source, output, name, ports[0] if many else ports[number]))
        return name, next(iter(layer.outputs), "")

    def graph(self, *first: Node) -> Graph:
        """What was put down, behind these nodes."""
        return Graph.of([*first, *self.nodes], self.wires)


def side_of(shape: Shape) -> int:
    """The shorter side of a picture."""
    return min(shape.sizes[-2:])
