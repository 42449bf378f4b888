"""Following a value back through a drawing: past muted layers, out of blocks and into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from app.core.graph.blocks import exposed_as, param_of
from app.core.graph.model import MAIN, Graph, Node, Project, Wire, block_of
from app.core.inference import GraphReport, Report
from nodes.api.registry import find


@dataclass(frozen=True, eq=False)
class GraphLevel:
    """One graph as it is used: the main one, or what stands inside one instance of a block. ``outer`` and ``instance``
    are the graph and the node around it."""

    project: Project
    report: GraphReport
    where: str = MAIN
    outer: GraphLevel | None = None
    instance: str = ""
    _inside: dict[str, GraphLevel] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        """The nodes and wires."""
        return self.report.graph

    def path(self, name: str) -> str:
        """The path of one of its nodes: ``block1/conv2``."""
        return name if self.outer is None else f"{self.outer.path(self.instance)}/{name}"

    def inside(self, name: str) -> GraphLevel | None:
        """What stands inside a node; None for a layer, and for a block of which nothing is known."""
        if name not in self._inside:
            inner = self.report.nodes[name].inner if name in self.report.nodes else None
            block = block_of(self.graph.nodes[name].type)
            if inner is None or block is None:
                return None
            self._inside[name] = GraphLevel(self.project, inner, block, self, name)
        return self._inside[name]

    def instances(self) -> Iterator[tuple[str, str]]:
        """The instances of blocks that it stands in, the innermost first: graph and name of each."""
        level = self
        while level.outer is not None:
            yield level.outer.where, level.instance
            level = level.outer

    def levels(self) -> Iterator[GraphLevel]:
        """This graph and all those inside it, outer ones first."""
        todo = [self]
        while todo:
            level = todo.pop()
            yield level
            todo.extend(reversed([each for each in map(level.inside, level.graph.instances) if each is not None]))

    def setting(self, name: str, param: str) -> Any:
        """The value of a layer's setting in this instance, which may have given its own."""
        entry = exposed_as(self.project, self.where, name, param) if self.outer is not None else None
        if entry is not None and self.outer is not None:
            if entry.name in self.outer.graph.nodes[self.instance].params:
                return self.outer.setting(self.instance, entry.name)
        node = self.graph.nodes[name]
        if param in node.params:
            return node.params[param]
        declared = param_of(self.project, node, param)
        return declared.default if declared is not None else None


@dataclass(frozen=True)
class Output:
    """An output of a layer that computes it, and the muted activation that was met last on the way back to it."""

    level: GraphLevel
    node: Node
    port: str
    resting: str = ""

    @property
    def path(self) -> str:
        """The path of the layer."""
        return self.level.path(self.node.name)

    def arriving(self) -> tuple[Wire, ...]:
        """The wires that end at the layer."""
        return self.level.graph.into(self.node.name)


def top(project: Project, report: Report) -> GraphLevel:
    """The main drawing."""
    return GraphLevel(project, report.main)


def sole_producer(level: GraphLevel, wire: Wire) -> Output | None:
    """The layer that computes what arrives over ``wire``, if it is one alone."""
    found = list(islice(producers(level, wire), 2))
    return found[0] if len(found) == 1 else None


def producers(level: GraphLevel, wire: Wire) -> Iterator[Output]:
    """The layers that compute what arrives over ``wire``: one, or two behind the input of a repeated block, which reads
    what stands before the block and what the block gave last."""
    nearest = level.graph.nodes.get(wire.source)
    if nearest is not None and not nearest.bypassed and nearest.type != "In" and block_of(nearest.type) is None:
        yield Output(level, nearest, wire.source_port)  # as nearly always: of hundreds of wires, after every edit
        return
    todo, seen = [(level, wire, "")], set()
    while todo:
        level, wire, resting = todo.pop()
        node = level.graph.nodes.get(wire.source)
        if node is None or (id(level), wire) in seen:
            continue
        seen.add((id(level), wire))
        if node.bypassed:
            layer = find(node.type)
            if layer is not None and layer.category == "activation":
                resting = level.path(node.name)
            passed = level.report.handed_on(node.name, wire.source_port)
            todo.extend([(level, passed, resting)] if passed is not None else [])
            continue
        inner = level.inside(node.name)
        if inner is not None:
            todo.extend((inner, each, resting) for each in inner.graph.into(wire.source_port))
        elif node.type == "In" and level.outer is not None:
            around = level.outer
            arriving = around.graph.arriving(level.instance, node.name)
            if around.graph.nodes[level.instance].repeat > 1:
                ends = [name for name, other in level.graph.nodes.items() if other.type == "Out"]
                todo.extend((level, each, resting) for end in ends for each in level.graph.into(end))
            todo.extend((around, each, resting) for each in arriving)
        else:
            yield Output(level, node, wire.source_port, resting)
