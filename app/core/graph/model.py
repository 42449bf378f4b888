"""The drawing as an immutable value: nodes, wires and frames in graphs, graphs and a recipe in a project."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from app.core.graph.frames import NODE_SIZE, Frame, Rect, widened
from app.core.graph.recipe import Recipe
from app.core.graph.seen_schema import Key, SeenSchema

MAIN = ""  # the name of the graph that is not a block
BLOCK_PREFIX = "block:"
EMPTY: Mapping[str, Any] = MappingProxyType({})


def block_of(node_type: str) -> str | None:
    """The block that a node of this type is an instance of, or None for a layer."""
    return node_type.removeprefix(BLOCK_PREFIX) if node_type.startswith(BLOCK_PREFIX) else None


@dataclass(frozen=True, slots=True)
class Node:
    """One box on the canvas. ``params`` may hold values the layer refuses; inference says so."""

    name: str
    type: str
    params: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    position: tuple[float, float] = (0.0, 0.0)
    shares: str | None = None
    bypassed: bool = False
    repeat: int = 1
    note: str = ""
    expanded: bool = False  # a block whose inside is shown in its place; how it looks, not what it means

    def __post_init__(self) -> None:
        if type(self.params) is not MappingProxyType:
            object.__setattr__(self, "params", MappingProxyType(dict(self.params)))

    def with_param(self, name: str, value: Any) -> Node:
        """The node with one setting changed."""
        return replace(self, params={**self.params, name: value})

    def without_params(self, *names: str) -> Node:
        """The node without these settings, where it has them."""
        return replace(self, params={name: value for name, value in self.params.items() if name not in names})

    def moved(self, dx: float, dy: float = 0.0) -> Node:
        """The node at another place, so far from this one."""
        return replace(self, position=(self.position[0] + dx, self.position[1] + dy))

    @property
    def updates(self) -> tuple[str, ...]:
        """The layers that this loss trains; empty for all, and for what is no loss."""
        named = self.params.get("updates", ())
        return named if isinstance(named, tuple) else ()

    def with_updates(self, instead: Mapping[str, Sequence[str]]) -> Node:
        """The node, where it trains layers that others have replaced, with those in their places."""
        before = self.updates
        if instead.keys().isdisjoint(before):
            return self
        after = (new for old in before for new in instead.get(old, (old,)))
        return self.with_param("updates", tuple(dict.fromkeys(after)))

    def same_meaning(self, other: Node) -> bool:
        """Whether both compile to the same, wherever they stand and whatever note they carry."""
        return self is other or (
            self.type == other.type
            and self.params == other.params
            and self.bypassed == other.bypassed
            and self.repeat == other.repeat
            and self.shares == other.shares
        )


def rects(nodes: Iterable[Node]) -> dict[str, Rect]:
    """Where nodes stand, as large as they usually are; only the canvas knows their true heights."""
    return {node.name: (*node.position, *NODE_SIZE) for node in nodes}


@dataclass(frozen=True, slots=True)
class Wire:
    """From an output port to an input port."""

    source: str
    source_port: str
    target: str
    target_port: str

    def renamed(self, names: Mapping[str, str]) -> Wire:
        """The wire between nodes of which some have other names now."""
        return replace(self, source=names.get(self.source, self.source), target=names.get(self.target, self.target))

    def __str__(self) -> str:
        return f"{self.source}.{self.source_port} → {self.target}.{self.target_port}"


@dataclass(frozen=True)
class Wiring:
    """The wires of a graph in order, with lookups that are made once. Order decides at variadic ports."""

    wires: tuple[Wire, ...] = ()

    @cached_property
    def into(self) -> Mapping[str, tuple[Wire, ...]]:
        """The wires that end at each node."""
        return _grouped(self.wires, lambda wire: wire.target)

    @cached_property
    def out_of(self) -> Mapping[str, tuple[Wire, ...]]:
        """The wires that start at each node."""
        return _grouped(self.wires, lambda wire: wire.source)


def _grouped(wires: Iterable[Wire], key: Any) -> Mapping[str, tuple[Wire, ...]]:
    groups: dict[str, list[Wire]] = {}
    for wire in wires:
        groups.setdefault(key(wire), []).append(wire)
    return {name: tuple(group) for name, group in groups.items()}


@dataclass(frozen=True)
class Graph:
    """Nodes by name, and wires between them. Every change gives a new graph that shares what it can.

    ``frames`` (frames and notes, by names of their own) stand behind the nodes and mean nothing to the network.
    """

    nodes: Mapping[str, Node] = field(default_factory=lambda: EMPTY)
    wiring: Wiring = field(default_factory=Wiring)
    frames: Mapping[str, Frame] = field(default_factory=lambda: EMPTY)

    @staticmethod
    def of(nodes: Iterable[Node], wires: Iterable[Wire] = (), frames: Iterable[Frame] = ()) -> Graph:
        """A graph of these nodes, wires and frames."""
        return Graph({node.name: node for node in nodes}, Wiring(tuple(wires)), {each.name: each for each in frames})

    @property
    def wires(self) -> tuple[Wire, ...]:
        """All wires in order."""
        return self.wiring.wires

    @cached_property
    def types(self) -> frozenset[str]:
        """The types of all nodes: few even where nodes are many, so that what is asked of each is asked once."""
        return frozenset([node.type for node in self.nodes.values()])

    @cached_property
    def instances(self) -> tuple[str, ...]:
        """The names of the nodes that are blocks."""
        blocks = {each for each in self.types if each.startswith(BLOCK_PREFIX)}
        return tuple([name for name, node in self.nodes.items() if node.type in blocks]) if blocks else ()

    def into(self, name: str) -> tuple[Wire, ...]:
        """The wires that end at this node, in order."""
        return self.wiring.into.get(name, ())

    def arriving(self, name: str, port: str) -> tuple[Wire, ...]:
        """The wires that end at this port of a node, in order."""
        return tuple([wire for wire in self.into(name) if wire.target_port == port])

    def wire_at(self, name: str, port: str) -> Wire | None:
        """The first wire that ends at this port of a node."""
        return next((wire for wire in self.into(name) if wire.target_port == port), None)

    def out_of(self, name: str) -> tuple[Wire, ...]:
        """The wires that start at this node, in order."""
        return self.wiring.out_of.get(name, ())

    def with_nodes(self, *nodes: Node) -> Graph:
        """The graph with these nodes added, or put in the place of those with the same names."""
        return replace(self, nodes={**self.nodes, **{node.name: node for node in nodes}})

    def without(self, names: Iterable[str]) -> Graph:
        """The graph without these nodes and the wires that touch them; nodes that shared theirs own theirs now."""
        gone = set(names)
        kept = {
            name: replace(node, shares=None) if node.shares in gone else node
            for name, node in self.nodes.items()
            if name not in gone
        }
        wires = tuple(w for w in self.wires if w.source not in gone and w.target not in gone)
        return Graph(kept, self.wiring if len(wires) == len(self.wires) else Wiring(wires), self.frames)

    def with_wires(self, wires: Iterable[Wire]) -> Graph:
        """The graph with exactly these wires."""
        return replace(self, wiring=Wiring(tuple(wires)))

    def with_room(self, names: Collection[str], width: float) -> Graph:
        """The graph with these nodes moved to the right, and the frames that have to follow."""
        wider = widened(self.frames, rects(self.nodes.values()), names, width)
        return self.with_nodes(*(self.nodes[name].moved(width) for name in names)).with_frames(*wider)

    def with_frames(self, *frames: Frame) -> Graph:
        """The graph with these frames added, or put in the place of those with the same names."""
        return replace(self, frames={**self.frames, **{frame.name: frame for frame in frames}})

    def without_frames(self, names: Iterable[str]) -> Graph:
        """The graph without these frames; what stands in them stays."""
        gone = set(names)
        return replace(self, frames={name: frame for name, frame in self.frames.items() if name not in gone})


@dataclass(frozen=True, slots=True)
class Exposed:
    """A setting of a node inside a block that each instance of the block may set: ``name`` for ``node.param``.

    One name may stand for several settings of one kind, such as the filters of all convolutions in the block.
    """

    name: str
    node: str
    param: str


@dataclass(frozen=True)
class Block:
    """A graph with In and Out nodes as ports, usable as a node."""

    graph: Graph = field(default_factory=Graph)
    exposed: tuple[Exposed, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Project:
    """All that one file holds. ``schemas`` is what was seen last of data in files: a drawing keeps its shapes where
    those are missing. ``varied`` are the settings that a sweep varies, as ``lr=0.1,0.01`` (``app.core.variants``)."""

    title: str = "Untitled"
    about: str = ""
    graph: Graph = field(default_factory=Graph)
    blocks: Mapping[str, Block] = field(default_factory=lambda: EMPTY)
    recipe: Recipe = field(default_factory=Recipe)
    view: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    schemas: Mapping[Key, SeenSchema] = field(default_factory=lambda: MappingProxyType({}))
    varied: tuple[str, ...] = ()

    def graph_of(self, where: str) -> Graph:
        """The main graph for ``MAIN``, else the block's.

        Raises:
            KeyError: if there is no such block.
        """
        return self.graph if where == MAIN else self.blocks[where].graph

    def with_graph(self, where: str, graph: Graph) -> Project:
        """The project with one graph replaced."""
        if where == MAIN:
            return replace(self, graph=graph)
        return self.with_block(where, replace(self.blocks[where], graph=graph))

    def with_block(self, name: str, block: Block) -> Project:
        """The project with a block added or replaced."""
        return replace(self, blocks=MappingProxyType({**self.blocks, name: block}))
