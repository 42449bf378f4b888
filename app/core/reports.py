"""What inference says: of one node, of a graph, and of a whole drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.core.checks.problems import Problem
from app.core.graph.loops import LoopInput
from app.core.graph.model import EMPTY, MAIN, Graph, Wire
from nodes.api import Built, Shape


@dataclass(frozen=True)
class NodeReport:
    """What is known of one node. ``outputs`` lacks the ports whose shape is not known.

    ``loop`` are the inputs of a block that runs over time, for ``steps`` steps.
    ``waiting`` means that nothing is wrong here, but something before it is. ``passes`` says of a muted node which
    input each of its outputs hands on.
    """

    inputs: Mapping[str, tuple[Shape, ...]] = field(default_factory=lambda: EMPTY)
    outputs: Mapping[str, Shape] = field(default_factory=lambda: EMPTY)
    built: Built | None = None
    inner: GraphReport | None = None
    problems: tuple[Problem, ...] = ()
    waiting: bool = False
    parameters: int = 0
    multiply_adds: int = 0
    passes: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    loop: tuple[LoopInput, ...] = ()
    steps: int = 1


@dataclass(frozen=True)
class GraphReport:
    """What is known of one graph, for one set of input shapes and settings."""

    graph: Graph = field(default_factory=Graph)
    nodes: Mapping[str, NodeReport] = field(default_factory=lambda: EMPTY)
    order: tuple[str, ...] = ()

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, in the order in which data flows."""
        troubled = {name for name, known in self.nodes.items() if known.problems}
        return tuple(each for name in self.order if name in troubled for each in self.nodes[name].problems)

    def shape(self, wire: Wire) -> Shape | None:
        """The shape on a wire, if it is known."""
        node = self.nodes.get(wire.source)
        return node.outputs.get(wire.source_port) if node else None

    def handed_on(self, node: str, port: str) -> Wire | None:
        """The wire whose value a muted node gives at an output; None where it gives nothing there."""
        entry = self.nodes[node].passes.get(port)
        return self.graph.wire_at(node, entry) if entry is not None else None

    @cached_property
    def parameters(self) -> int:
        """How many parameters are trained."""
        return sum(node.parameters for node in self.nodes.values())

    @cached_property
    def multiply_adds(self) -> int:
        """Multiplications with an addition for one sample."""
        return sum(node.multiply_adds for node in self.nodes.values())


@dataclass(frozen=True)
class Report:
    """What follows from a project. ``blocks`` shows each block as its first instance sees it."""

    main: GraphReport = field(default_factory=GraphReport)
    blocks: Mapping[str, GraphReport] = field(default_factory=lambda: EMPTY)
    changed: frozenset[str] = frozenset()

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Problems of the main graph, those inside block instances among them."""
        return self.main.problems

    def of(self, where: str) -> GraphReport:
        """The report of the main graph or of a block."""
        return self.main if where == MAIN else self.blocks.get(where, GraphReport())
