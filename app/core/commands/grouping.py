"""Edits that make a block of some layers, and layers of a block."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.core.commands.base import Command, Refused, existing, graph_named, layers_in_short
from app.core.commands.blocks import without_block
from app.core.graph.blocks import contains, free_block_name, in_use, learns
from app.core.graph.frames import Frame, Rect, frames_among, grown, renamed_frames
from app.core.graph.loops import runs_over_time
from app.core.graph.model import BLOCK_PREFIX, MAIN, Block, Exposed, Graph, Node, Project, Wire, block_of, rects
from app.core.graph.names import default_name, free_name, why_illegal
from app.core.graph.ports import input_ports, output_ports
from app.core.graph.topology import downstream, upstream
from nodes.api import MAIN_ONLY
from nodes.api.registry import find

COLUMN = 220.0  # from one column of nodes to the next
_ROW = 90.0
_MOST_UNPACKED = 1000

_Ref = tuple[str, str]  # a node and its output port


@dataclass(frozen=True)
class GroupNodes(Command):
    """Make a block of some layers; an instance of it takes their place.

    Wires that cross the border become ports: ``x`` if one value enters and ``y`` if one leaves, else named after the
    layers at their other ends. An input that nothing arrives at becomes a port too, and so do loose ends if nothing
    else leads out: a block of them can be used.
    """

    names: tuple[str, ...] = ()
    block: str = ""

    @property
    def step_title(self) -> str:
        return f"Group {layers_in_short(self.names)}" if self.names else "Group"

    def named(self, project: Project) -> tuple[str, str]:
        """The names that the block and its instance get."""
        block = self.block or free_block_name(project)
        staying = project.graph_of(self.where).nodes.keys() - set(self.names)
        return block, block if block not in staying else default_name(BLOCK_PREFIX + block, staying)

    def apply(self, project: Project) -> Project:
        graph = self._checked(project)
        block_name, instance_name = self.named(project)
        why = why_illegal(block_name)
        if why or free_block_name(project, block_name) != block_name:
            raise Refused(why or f"The name {block_name} is taken. Choose another for the block.")
        inside = _Inside(project, graph, [name for name in graph.nodes if name in self.names])
        going = frames_among(graph.frames, rects(graph.nodes.values()), self.names)
        block = Block(inside.graph().with_frames(*(graph.frames[name] for name in going)))
        corner = _corner(inside.nodes)
        instance = Node(instance_name, BLOCK_PREFIX + block_name, position=corner)
        project = project.with_block(block_name, block)
        return self._followed(project, block_name, instance_name).with_graph(
            self.where, inside.outside(graph, instance).without_frames(going)
        )

    def _checked(self, project: Project) -> Graph:
        """The graph, if these nodes can leave it.

        Raises:
            Refused: if they cannot.
        """
        graph = graph_named(project, self.where)
        if not self.names:
            raise Refused("Select the layers that should become a block.")
        chosen = set(self.names)
        for name in self.names:
            layer = find(existing(graph, name).type)
            if layer is not None and layer.role in MAIN_ONLY:
                raise Refused(
                    f"{name} ({layer.name}) belongs in the main drawing and cannot stand inside a block. "
                    "Leave it out of the selection."
                )
            if layer is not None and layer.role in ("block_in", "block_out"):
                raise Refused(f"{name} is a port of this block and has to stay. Leave it out of the selection.")
        between = (downstream(graph, chosen) & upstream(graph, chosen)) - chosen
        if between:
            first = next(name for name in graph.nodes if name in between)
            raise Refused(
                f"{first} stands between the selected layers: the block would read what it gives. "
                f"Select {_words(between, graph)} too."
            )
        for name, node in graph.nodes.items():
            if node.shares in graph.nodes and (name in chosen) != (node.shares in chosen):
                missing = node.shares if name in chosen else name
                raise Refused(
                    f"{name} uses the weights of {node.shares}, so both must stand in the same place. "
                    f"Select {missing} too, or let {name} have its own weights."
                )
            _check_updates(node, chosen, graph)
        return graph

    def _followed(self, project: Project, block_name: str, instance: str) -> Project:
        """Settings of grouped nodes that the block around them exposes go through the new block."""
        around = project.blocks.get(self.where)
        if around is None:
            return project
        inner = tuple(entry for entry in around.exposed if entry.node in self.names)
        outer = dict.fromkeys(
            Exposed(entry.name, instance, entry.name) if entry in inner else entry for entry in around.exposed
        )
        project = project.with_block(block_name, replace(project.blocks[block_name], exposed=inner))
        return project.with_block(self.where, replace(around, exposed=tuple(outer)))


@dataclass(frozen=True)
class UnpackBlock(Command):
    """Put the layers of a block where its instance stands; a block that is used nowhere else goes with it."""

    name: str = ""
    title = "Unpack {0.name}"

    def apply(self, project: Project) -> Project:
        graph, block_name = self._checked(project)
        node = graph.nodes[self.name]
        out = _Unpacked(project, graph, node)
        nodes: list[Node] = []
        for each in graph.nodes.values():
            if each.name == self.name:
                nodes.extend(out.nodes)
            else:
                nodes.append(each.with_updates({self.name: out.learning}))
        larger = grown(graph.frames, rects([node])[self.name], _places(out))
        framed = Graph.of(nodes, out.wires(), graph.frames.values()).with_frames(*larger, *out.frames)
        unpacked = _with_room(framed, out, self.name, graph)
        project = self._followed(project.with_graph(self.where, unpacked), out)
        return project if in_use(project, block_name) else without_block(project, block_name)

    def _checked(self, project: Project) -> tuple[Graph, str]:
        graph = graph_named(project, self.where)
        node = existing(graph, self.name)
        block_name = block_of(node.type)
        if block_name is None:
            raise Refused(f"{self.name} is a single layer and no block, so there is nothing to unpack.")
        block = project.blocks.get(block_name)
        if block is None:
            raise Refused(f"There is no block named {block_name} in this drawing, so {self.name} cannot be unpacked.")
        if self.where != MAIN and contains(project, block_name, self.where):
            raise Refused(f"The block {block_name} contains itself, so it cannot be unpacked here. Remove {self.name}.")
        if node.bypassed:
            raise Refused(f"{self.name} is muted. Unmute it first, then unpack it.")
        if node.shares is not None:
            raise Refused(f"{self.name} uses the weights of {node.shares}. Let it have its own first, then unpack it.")
        for other in graph.nodes.values():
            if other.shares == self.name:
                raise Refused(f"{other.name} uses the weights of {self.name}. Let it have its own first.")
        if runs_over_time(block):
            raise Refused(
                f"{self.name} is a cell that is used once for each step of a sequence, so its layers cannot stand "
                "outside. Set over time of its block inputs to all at once, then unpack it."
            )
        if node.repeat > 1:
            self._check_repeat(project, node, block)
        return graph, block_name

    def _check_repeat(self, project: Project, node: Node, block: Block) -> None:
        kinds = [inner.type for inner in block.graph.nodes.values()]
        if kinds.count("In") != 1 or kinds.count("Out") != 1:
            raise Refused(
                f"{self.name} is repeated, but only a block with one input and one output can stand in a row. "
                "Set repeat to 1, then unpack it."
            )
        if (layers := node.repeat * (len(kinds) - 2)) > _MOST_UNPACKED:
            raise Refused(f"That would make {layers:,} layers. Set repeat of {self.name} to a smaller number first.")
        around = project.blocks.get(self.where)
        for entry in around.exposed if around is not None else ():
            if entry.node == self.name:
                raise Refused(
                    f"{self.where} exposes {entry.name}, a setting of {self.name}, which is repeated. "
                    "Hide the setting or set repeat to 1, then unpack it."
                )

    def _followed(self, project: Project, out: _Unpacked) -> Project:
        """Exposed settings of the instance become those of the layers that they stand for."""
        around = project.blocks.get(self.where)
        if around is None:
            return project
        exposed: list[Exposed] = []
        for entry in around.exposed:
            if entry.node != self.name:
                exposed.append(entry)
                continue
            for inner in out.block.exposed:
                if inner.name == entry.param and inner.node in out.copies[0]:
                    exposed.append(Exposed(entry.name, out.copies[0][inner.node], inner.param))
        return project.with_block(self.where, replace(around, exposed=tuple(exposed)))


class _Inside:
    """Some nodes on their way into a block: which ports they need, and what remains outside."""

    def __init__(self, project: Project, graph: Graph, names: Sequence[str]) -> None:
        self.names = frozenset(names)
        self.nodes = [graph.nodes[name] for name in names]
        self._taken: set[str] = set(names)
        self._wires: list[Wire] = []
        self._entries: dict[_Ref, str] = {}  # what arrives from outside -> In node
        self._exits: dict[_Ref, str] = {}  # what leads outside -> Out node
        arriving = [wire for wire in graph.wires if wire.target in self.names and wire.source not in self.names]
        self._one_way_in = len({(wire.source, wire.source_port) for wire in arriving}) == 1
        for wire in graph.wires:
            if wire.target not in self.names:
                continue
            if wire.source in self.names:
                self._wires.append(wire)
                continue
            entry = self._entry((wire.source, wire.source_port), project, graph)
            self._wires.append(Wire(entry, "output", wire.target, wire.target_port))
        self._unwired_inputs(project, graph)
        self._lead_out(project, graph)

    def _free(self, wanted: str) -> str:
        name = free_name(wanted, self._taken)
        self._taken.add(name)
        return name

    def _entry(self, ref: _Ref, project: Project, graph: Graph) -> str:
        if ref not in self._entries:
            outside = graph.nodes.get(ref[0])
            several = outside is not None and len(output_ports(project, outside)) > 1
            wanted = f"{ref[0]}_{ref[1]}" if several and ref[1] != "output" else ref[0]
            self._entries[ref] = self._free("x" if self._one_way_in else wanted)
        return self._entries[ref]

    def _unwired_inputs(self, project: Project, graph: Graph) -> None:
        for node in self.nodes:
            arrived = {wire.target_port for wire in graph.into(node.name)}
            for port in input_ports(project, node):
                if port.name not in arrived and not port.optional:
                    name = self._free(port.name)
                    self._entries[("", name)] = name
                    self._wires.append(Wire(name, "output", node.name, port.name))

    def _lead_out(self, project: Project, graph: Graph) -> None:
        leaving = [wire for wire in graph.wires if wire.source in self.names and wire.target not in self.names]
        one_way_out = len({(wire.source, wire.source_port) for wire in leaving}) == 1
        for wire in leaving:
            ref = (wire.source, wire.source_port)
            if ref not in self._exits:
                self._exits[ref] = self._free("y" if one_way_out else wire.target)
        if not self._exits:
            for node in self.nodes:
                if not graph.out_of(node.name):
                    for port in output_ports(project, node):
                        self._exits[(node.name, port)] = self._free("y" if port == "output" else port)

    def graph(self) -> Graph:
        """What stands inside the block."""
        wires = [*self._wires, *(Wire(*ref, name, "x") for ref, name in self._exits.items())]
        left = min(node.position[0] for node in self.nodes) - COLUMN
        right = max(node.position[0] for node in self.nodes) + COLUMN
        places = {node.name: node.position for node in self.nodes}
        level = {name: [places[w.target][1] for w in wires if w.source == name] for name in self._entries.values()}
        level |= {name: [places[ref[0]][1]] for ref, name in self._exits.items()}
        inputs = _column("In", left, {name: level[name] for name in self._entries.values()})
        outputs = _column("Out", right, {name: level[name] for name in self._exits.values()})
        return Graph.of([*inputs, *self.nodes, *outputs], wires)

    def outside(self, graph: Graph, instance: Node) -> Graph:
        """The graph around the block, with its instance."""
        nodes: list[Node] = []
        placed = False
        for name, node in graph.nodes.items():
            if name not in self.names:
                nodes.append(node.with_updates(dict.fromkeys(self.names, (instance.name,))))
            elif not placed:
                nodes.append(instance)
                placed = True
        wires: list[Wire] = []
        entered: set[str] = set()
        for wire in graph.wires:
            if wire.source in self.names and wire.target in self.names:
                continue
            if wire.target in self.names:
                entry = self._entries[(wire.source, wire.source_port)]
                if entry in entered:  # one wire brings what several layers inside read
                    continue
                entered.add(entry)
                wire = Wire(wire.source, wire.source_port, instance.name, entry)
            elif wire.source in self.names:
                leaving = self._exits[(wire.source, wire.source_port)]
                wire = Wire(instance.name, leaving, wire.target, wire.target_port)
            wires.append(wire)
        return Graph.of(nodes, wires, graph.frames.values())


def _column(node_type: str, x: float, levels: Mapping[str, Sequence[float]]) -> list[Node]:
    """Ports one below the other, each near what it leads to."""
    nodes: list[Node] = []
    for name, heights in levels.items():
        y = sum(heights) / len(heights) if heights else 0.0
        nodes.append(Node(name, node_type, position=(x, max(y, nodes[-1].position[1] + _ROW) if nodes else y)))
    return nodes


class _Unpacked:
    """The layers of an instance on their way out of the block: with free names, chained if it is repeated."""

    def __init__(self, project: Project, graph: Graph, node: Node) -> None:
        self.block = project.blocks[block_of(node.type) or ""]
        self._graph = graph
        self._instance = node
        inner = self.block.graph
        self.nodes: list[Node] = []
        self.frames: list[Frame] = []
        self.copies: list[dict[str, str]] = []  # for each repetition, the names outside by those inside
        self._sources: list[dict[str, _Ref | None]] = []
        layers = [each for each in inner.nodes.values() if each.type not in ("In", "Out")]
        left, top = _corner(layers)
        self.width = max((each.position[0] for each in layers), default=left) - left + COLUMN
        taken = set(graph.nodes) - {node.name}
        for number in range(max(1, node.repeat)):
            names: dict[str, str] = {}
            for each in layers:
                names[each.name] = free_name(each.name, taken)
                taken.add(names[each.name])
            shift = (node.position[0] - left + number * self.width, node.position[1] - top)
            self.copies.append(names)
            self.nodes.extend(self._copied(each, names, shift) for each in layers)
            framed = {*graph.frames, *(frame.name for frame in self.frames)}
            self.frames.extend(renamed_frames(inner.frames.values(), framed, shift))
        everything = tuple(each.name for each in self.nodes)
        self.learning = tuple(each.name for each in self.nodes if learns(each)) or everything or (node.name,)

    def _copied(self, inner: Node, names: Mapping[str, str], shift: tuple[float, float]) -> Node:
        for entry in self.block.exposed:
            if entry.node == inner.name and entry.name in self._instance.params:
                inner = inner.with_param(entry.param, self._instance.params[entry.name])
        return replace(
            inner,
            name=names[inner.name],
            shares=names.get(inner.shares, inner.shares) if inner.shares is not None else None,
            position=inner.moved(*shift).position,
        )

    def wires(self) -> list[Wire]:
        """All wires of the graph, with those of the block in the place of the instance's."""
        name = self._instance.name
        for number in range(len(self.copies)):
            self._sources.append(self._arriving(number))
        wires: list[Wire] = []
        for wire in self._graph.wires:
            if wire.target == name:
                continue
            if wire.source == name:
                ref = self._leaving(wire.source_port, len(self.copies) - 1)
                if ref is None:
                    continue
                wire = Wire(*ref, wire.target, wire.target_port)
            wires.append(wire)
        for number, names in enumerate(self.copies):
            for wire in self.block.graph.wires:
                if wire.target in names and (ref := self._ref(wire.source, wire.source_port, number)) is not None:
                    wires.append(Wire(*ref, names[wire.target], wire.target_port))
        return wires

    def _arriving(self, number: int) -> dict[str, _Ref | None]:
        """What stands at each In node of one copy: what the instance reads, or what the copy before gives."""
        ports = [each.name for each in self.block.graph.nodes.values() if each.type == "In"]
        if number:
            out = next(each.name for each in self.block.graph.nodes.values() if each.type == "Out")
            return dict.fromkeys(ports, self._leaving(out, number - 1))
        wires = {w.target_port: (w.source, w.source_port) for w in self._graph.into(self._instance.name)}
        return {port: ref if (ref := wires.get(port)) and ref[0] != self._instance.name else None for port in ports}

    def _leaving(self, port: str, number: int) -> _Ref | None:
        """What one copy gives at an Out node."""
        wires = self.block.graph.into(port)
        return self._ref(wires[0].source, wires[0].source_port, number) if wires else None

    def _ref(self, source: str, port: str, number: int) -> _Ref | None:
        """A value of the block as it is called outside."""
        if source in self.copies[number]:
            return self.copies[number][source], port
        return self._sources[number].get(source)


def _places(out: _Unpacked) -> list[Rect]:
    return [*rects(out.nodes).values(), *(frame.rect for frame in out.frames)]


def _with_room(graph: Graph, out: _Unpacked, instance: str, before: Graph) -> Graph:
    """What follows moves to the right, if it would be covered by the unpacked layers."""
    following = [graph.nodes[name] for name in downstream(before, [instance]) if name in graph.nodes]
    if not any(_covers(node, other) for node in following for other in out.nodes):
        return graph
    end = max(node.position[0] for node in out.nodes) + COLUMN
    missing = max(0.0, end - min(node.position[0] for node in following))
    return graph.with_room([node.name for node in following], missing)


def _covers(one: Node, other: Node) -> bool:
    (x, y), (left, top) = one.position, other.position
    return abs(x - left) < 0.8 * COLUMN and abs(y - top) < 0.7 * _ROW


def _corner(nodes: Iterable[Node]) -> tuple[float, float]:
    """Left edge and mean height: where the instance stands for its layers, and they for it."""
    places = [node.position for node in nodes]
    if not places:
        return 0.0, 0.0
    heights = [y for _, y in places]
    return min(x for x, _ in places), (min(heights) + max(heights)) / 2


def _words(names: set[str], graph: Graph) -> str:
    ordered = [name for name in graph.nodes if name in names]
    shown = ordered if len(ordered) <= 3 else [*ordered[:2], f"{len(ordered) - 2} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _check_updates(node: Node, chosen: set[str], graph: Graph) -> None:
    """A loss trains a block as a whole, so it must train all of it or nothing.

    Raises:
        Refused: if it trains only some of the layers that learn.
    """
    trained = chosen.intersection(node.updates)
    left = [name for name in graph.nodes if name in chosen - trained and learns(graph.nodes[name])]
    if trained and left:
        raise Refused(
            f"{node.name} trains {sorted(trained)[0]} but not {left[0]}, and a block is trained as a whole. "
            f"Leave one of them out of the selection, or change what {node.name} trains."
        )
