"""A drawing written down in a few lines of Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from app.core.graph.model import BLOCK_PREFIX, Block, Exposed, Graph, Node, Project, Wire
from app.core.graph.ports import ports_of
from app.core.graph.recipe import Recipe
from nodes.api.registry import find

COLUMN = 236  # from one node to the next in a row
End = str  # "conv1", or "digits.label" for an output that is not the first


@dataclass
class Sketch:
    """Nodes and wires that are added one after the other. Each call of ``add`` gives its name, to be wired on."""

    blocks: Mapping[str, Block] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)

    def add(
        self,
        name: str,
        type_: str,
        *before: End,
        repeat: int = 1,
        bypassed: bool = False,
        note: str = "",
        **params: Any,
    ) -> End:
        """A node that reads from ``before``, one wire for each input port in order (all at one port if it takes
        many)."""
        layer = find(type_)
        block = self.blocks.get(type_)
        assert layer is not None or block is not None, type_
        if layer is not None:
            settings = layer.settings(params)
            ports = [port.name for port in layer.inputs]
            if ports and layer.inputs[0].variadic:
                ports = ports * len(before)
        else:
            assert block is not None
            settings, type_ = params, BLOCK_PREFIX + type_
            ports = list(ports_of(block, "In"))
        self.nodes[name] = Node(name, type_, settings, repeat=repeat, bypassed=bypassed, note=note)
        for end, port in zip(before, ports, strict=False):
            source, _, output = end.partition(".")
            self.wires.append(Wire(source, output or self._first_output(source), name, port))
        return name

    def masked(self, text: End, name: str, type_: str, *before: End, **params: Any) -> End:
        """A node that reads a sequence made of ``text``, with a mask ``keep`` that hides steps which only pad it."""
        keep = self.add("keep", "PaddingMask", text)
        self.add(name, type_, *before, **params)
        self.wires.append(Wire(keep, "output", name, "keep"))
        return name

    def graph(self) -> Graph:
        """What was drawn."""
        return Graph.of(self.nodes.values(), self.wires)

    def block(self, note: str, **exposed: str) -> Block:
        """What was drawn as a block. ``exposed`` are its settings with what they set:
        ``channels="conv1.out_channels conv2.out_channels"``."""
        settings = tuple(
            Exposed(name, *place.split(".")) for name, places in exposed.items() for place in places.split()
        )
        return Block(self.graph(), settings, note)

    def _first_output(self, name: str) -> str:
        node = self.nodes[name]
        if node.type.startswith(BLOCK_PREFIX):
            return next(ports_of(self.blocks[node.type.removeprefix(BLOCK_PREFIX)], "Out"))
        layer = find(node.type)
        assert layer is not None
        return layer.outputs[0]

    def in_rows(self, count: int, apart: int = 260) -> None:
        """Place the nodes like text, ``count`` in each row, with room below for the pictures that training shows."""
        for place, (name, node) in enumerate(self.nodes.items()):
            row, column = divmod(place, count)
            self.nodes[name] = replace(node, position=(COLUMN * column, apart * row))

    def project(self, title: str, about: str, **recipe: Any) -> Project:
        """What was drawn as a project with the blocks that it uses."""
        return Project(title, about, self.graph(), MappingProxyType(dict(self.blocks)), Recipe(**recipe))
