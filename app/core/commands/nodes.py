"""Edits of nodes: add, remove, move, rename, mute, repeat, share, note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from app.core.commands.base import Command, Refused, existing, layers_in_short
from app.core.commands.blocks import follow_removal, with_ports
from app.core.commands.frames import checked, counted, existing_frame
from app.core.commands.wires import check_wire, connected
from app.core.graph.blocks import why_recursive
from app.core.graph.loops import with_port_renamed
from app.core.graph.model import Exposed, Graph, Node, Project, Wire, block_of
from app.core.graph.names import why_illegal, writable
from app.core.graph.ports import input_ports, output_ports
from app.core.graph.renames import Renames
from app.core.graph.topology import reached

# What may be set of a node beside its settings: what it can be, and the titles of setting it and of taking it back.
_FIELDS: Mapping[str, tuple[type | tuple[type, ...], str, str]] = {
    "bypassed": (bool, "Mute {0}", "Unmute {0}"),
    "repeat": (int, "Repeat {0}", "Repeat {0}"),
    "shares": ((str, type(None)), "Share weights of {0}", "Share weights of {0}"),
    "note": (str, "Note on {0}", "Note on {0}"),
    "expanded": (bool, "Unfold {0}", "Fold {0}"),
}


@dataclass(frozen=True)
class AddNodes(Command):
    """Put new nodes on the canvas, with wires among them or to others (also: paste and duplicate)."""

    nodes: tuple[Node, ...] = ()
    wires: tuple[Wire, ...] = ()
    verb: str = "Add"

    @property
    def step_title(self) -> str:
        return f"{self.verb} {layers_in_short(tuple(node.name for node in self.nodes))}" if self.nodes else self.verb

    def edit(self, graph: Graph, project: Project) -> Graph:
        for node in self.nodes:
            why = why_illegal(node.name)
            if why:
                raise Refused(why)
            if node.name in graph.nodes:
                raise Refused(f"There is already a layer named {node.name}. Choose another name.")
            if why := why_recursive(project, self.where, node.type):
                raise Refused(why)
        graph = graph.with_nodes(*self.nodes)
        for wire in self.wires:
            graph = connected(project.with_graph(self.where, graph), self.where, wire)
        return graph


@dataclass(frozen=True)
class RemoveNodes(Command):
    """Remove nodes and their wires; inside a block also what instances had at a port or a setting that is gone."""

    names: tuple[str, ...] = ()

    @property
    def step_title(self) -> str:
        return f"Remove {layers_in_short(self.names)}"

    def apply(self, project: Project) -> Project:
        return follow_removal(super().apply(project), project, self.where, self.names)

    def edit(self, graph: Graph, project: Project) -> Graph:
        for name in self.names:
            existing(graph, name)
        return graph.without(self.names)


@dataclass(frozen=True)
class RemoveAndJoin(RemoveNodes):
    """Remove nodes and join what fed them to what they fed."""

    @property
    def step_title(self) -> str:
        return f"Remove {layers_in_short(self.names)} and join the neighbours"

    def edit(self, graph: Graph, project: Project) -> Graph:
        for name in self.names:
            node = existing(graph, name)
            arriving = graph.into(name)
            leaving = graph.out_of(name)
            first_outputs = output_ports(project, node)[:1]
            wires = []
            for wire in graph.wires:
                if wire.target == name:
                    continue
                if wire.source == name:
                    if arriving and wire.source_port in first_outputs and wire in leaving:
                        wires.append(replace(wire, source=arriving[0].source, source_port=arriving[0].source_port))
                    continue
                wires.append(wire)
            graph = graph.without([name]).with_wires(dict.fromkeys(wires))
        return graph


@dataclass(frozen=True)
class MoveNodes(Command):
    """Put nodes, and frames with them, at new places; moves of the same ones merge."""

    positions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    title: ClassVar[str] = "Move"
    verb: str = "Move"
    frames: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def step_title(self) -> str:
        if self.frames and len(self.positions) != 1:
            inside = f" with {layers_in_short(tuple(self.positions))}" if self.positions else ""
            return f"{self.verb} {counted(self.frames)}{inside}"
        return f"{self.verb} {layers_in_short(tuple(self.positions))}"

    @property
    def merge_key(self) -> object:
        if self.verb != "Move":
            return None
        return "move", self.where, frozenset(self.positions), frozenset(self.frames)

    def edit(self, graph: Graph, project: Project) -> Graph:
        places = {name: (float(x), float(y)) for name, (x, y) in self.positions.items()}
        moved = [replace(existing(graph, name), position=place) for name, place in places.items()]
        graph = graph.with_nodes(*moved) if moved else graph
        if not self.frames:
            return graph
        return graph.with_frames(
            *(
                existing_frame(graph, name).at(checked((*at, *graph.frames[name].size)))
                for name, at in self.frames.items()
            )
        )


@dataclass(frozen=True)
class Rename(Command):
    """Give a node another name, everywhere it is mentioned in its graph."""

    old: str = ""
    new: str = ""
    title = "Rename {0.old} to {0.new}"

    @property
    def renames(self) -> Renames:
        return Renames({self.where: {self.old: self.new}})

    def apply(self, project: Project) -> Project:
        project = super().apply(project)
        if self.where not in project.blocks:
            return project
        return _renamed_in_block(project, self.where, self.old, self.new)

    def edit(self, graph: Graph, project: Project) -> Graph:
        existing(graph, self.old)
        if self.new == self.old:
            return graph
        why = why_illegal(self.new)
        if why:
            raise Refused(why)
        if self.new in graph.nodes:
            raise Refused(f"There is already a layer named {self.new}. Choose another name.")
        nodes = {}
        for name, node in graph.nodes.items():
            if name == self.old:
                node = replace(node, name=self.new)
            elif node.shares == self.old:
                node = replace(node, shares=self.new)
            nodes[node.name] = with_port_renamed(node.with_updates({self.old: (self.new,)}), self.old, self.new)
        wires = [wire.renamed({self.old: self.new}) for wire in graph.wires]
        return Graph.of(nodes.values(), wires, graph.frames.values())


def _renamed_in_block(project: Project, block_name: str, old: str, new: str) -> Project:
    """Follow a rename inside a block: exposed settings, and wires of instances if a port was renamed."""
    block = project.blocks[block_name]
    exposed = tuple(Exposed(e.name, new if e.node == old else e.node, e.param) for e in block.exposed)
    project = project.with_block(block_name, replace(block, exposed=exposed))
    entries, exits = ({old: new} if block.graph.nodes[new].type == port else {} for port in ("In", "Out"))
    return with_ports(project, block_name, entries, exits)


@dataclass(frozen=True)
class SetNodeField(Command):
    """Set ``bypassed``, ``repeat``, ``shares`` or ``note`` of some nodes, or ``expanded`` of some blocks."""

    names: tuple[str, ...] = ()
    field_name: str = "bypassed"
    value: Any = None

    @property
    def step_title(self) -> str:
        _, setting, taking_back = _FIELDS[self.field_name]
        return (setting if self.value else taking_back).format(layers_in_short(self.names))

    @property
    def merge_key(self) -> object:
        return ("field", self.where, self.names, self.field_name) if self.field_name in ("repeat", "note") else None

    def edit(self, graph: Graph, project: Project) -> Graph:
        if self.field_name not in _FIELDS:
            raise Refused(f"A layer has no field {self.field_name}.")
        value: Any = self.value
        if not isinstance(value, _FIELDS[self.field_name][0]):
            raise Refused(f"{self.field_name} cannot be {value!r}.")
        if self.field_name == "repeat" and (value is True or value not in range(1, 1001)):
            raise Refused("A layer can be repeated 1 to 1,000 times.")
        for name in self.names if self.field_name == "expanded" else ():
            if block_of(existing(graph, name).type) is None:
                raise Refused(f"{name} is a single layer. Only a block can be unfolded.")
        if self.field_name == "note":
            value = writable(str(value))
        change: dict[str, Any] = {self.field_name: value}
        return graph.with_nodes(*(replace(existing(graph, name), **change) for name in self.names))


@dataclass(frozen=True)
class InsertOnWire(Command):
    """Put a node onto a wire. A new node is added; one that exists is rewired, with its other wires kept."""

    node: Node = field(default_factory=lambda: Node("", ""))
    wire: Wire = field(default_factory=lambda: Wire("", "", "", ""))
    make_room: float = 0.0
    title = "Insert {0.node.name}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        if self.wire not in graph.wires:
            raise Refused(f"There is no wire {self.wire}.")
        why = why_illegal(self.node.name) or why_recursive(project, self.where, self.node.type)
        if why:
            raise Refused(why)
        ports, outputs = input_ports(project, self.node), output_ports(project, self.node)
        if not ports or not outputs:
            raise Refused(f"{self.node.name} has no input and output, so it cannot stand on a wire.")
        if self.node.name in (self.wire.source, self.wire.target):
            raise Refused(f"{self.node.name} stands at an end of this wire already.")
        before = replace(self.wire, target=self.node.name, target_port=ports[0].name)
        after = replace(self.wire, source=self.node.name, source_port=outputs[0])
        wires = []
        for wire in graph.wires:
            if wire == self.wire:
                wires.extend([before, after])
            elif ports[0].variadic or (wire.target, wire.target_port) != (before.target, before.target_port):
                wires.append(wire)
        wires = list(dict.fromkeys(wires))
        new_graph = _with_room(graph, self.wire, self.make_room).with_nodes(self.node).with_wires(wires)
        for wire in (before, after):
            check_wire(
                project.with_graph(self.where, new_graph.with_wires(w for w in wires if w != wire)), self.where, wire
            )
        return new_graph


def _with_room(graph: Graph, wire: Wire, width: float) -> Graph:
    """The graph with the target of ``wire`` and what follows it moved to the right.

    A wire that runs back to the left begins another row: nothing is in the way there, so that row stays in its columns.
    """
    if not width:
        return graph

    def to_the_right(name: str) -> Iterator[str]:
        left = graph.nodes[name].position[0]
        return (w.target for w in graph.out_of(name) if graph.nodes[w.target].position[0] >= left)

    return graph.with_room(reached([wire.target], to_the_right) | {wire.target}, width)
