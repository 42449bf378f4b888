"""Edits that give a drawing its data and its loss: a source before a layer or in the place of an Input, and a loss
behind what the net gives.

Each is tried before it is offered, so one that would leave the drawing with new problems is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from app.core.checks.problems import AnyFix, Problem
from app.core.checks.wiring import likely_wire
from app.core.commands import AddNodes, Command, EditAll, RemoveNodes
from app.core.graph.model import MAIN, Graph, Node, Project, Wire
from app.core.graph.names import default_name
from app.core.graph.ports import input_ports, output_ports
from app.core.graph.roles import in_role, role_of
from app.core.graph.seen import seen_of
from app.core.graph.topology import leading_to, would_loop
from app.core.inference import Report, infer
from nodes.api import BadSetting, Choice, InsertBefore, Layer, SetUpstream, Shape, ShapeError
from nodes.api.registry import find, layers

_INPUTS = ((64,), (16, 64), (3, 32, 32), (3, 16, 16, 16))  # a list, a sequence, an image and a volume
ROOM = 220.0  # between a new node and the one that it feeds


# How a fix that the loss asks for is carried out: project, graph, node and fix, as ``fixes.command_for`` takes them.
Mend = Callable[[Project, str, str, AnyFix], Command | None]


@dataclass(frozen=True)
class FeedingOffer:
    """An edit that was tried, and the words of its button."""

    command: Command
    words: str


def feeding(project: Project, where: str, name: str, port: str, instead: bool) -> FeedingOffer | None:
    """Lead data to an input: from a source that is there, else from a new one; through a layer that makes it fit if
    that is what the layer asks for. None where no data fits."""
    graph = project.graph_of(where)
    taken = graph.arriving(name, port)
    if where != MAIN or name not in graph.nodes or (taken and not instead):
        return None
    if role_of(graph.nodes[name]) == "loss" and not graph.into(name):
        first = next((each for each in input_ports(project, graph.nodes[name]) if not each.optional), None)
        if first is None or first.name != port:
            return None  # one after the other: what fits the others depends on the first
    rest = graph.with_wires(wire for wire in graph.wires if wire not in taken)
    for fresh, ends in _sources(project, name):
        for source, output in ends:
            if any((wire.source, wire.source_port) == (source, output) for wire in taken):
                continue
            if fresh is None and would_loop(graph, source, name):
                continue
            for adapter in _adapters(project, rest, fresh, Wire(source, output, name, port)):
                if fresh is None and adapter is None and not instead:
                    continue  # that is what WireInto offers
                nodes, wires = _placed(graph, fresh, adapter, Wire(source, output, name, port))
                command = AddNodes(where, nodes, wires, "Add" if nodes else "Wire")
                if _sound(project, command, name):
                    return FeedingOffer(command, _feeding_words(graph, fresh, adapter, wires[0], name, port))
    return None if instead else _with_input(project, name, port)


def _with_input(project: Project, name: str, port: str) -> FeedingOffer | None:
    """An Input before a layer for which there is no data here, such as one that reads words or volumes."""
    graph, layer = project.graph, find("Input")
    if layer is None or role_of(graph.nodes[name]) in ("loss", "output") or likely_wire(project, MAIN, name, port):
        return None
    x, y = graph.nodes[name].position
    words = {"dtype": "int", "classes": graph.nodes[name].params.get("num_embeddings", 100)}
    for sizes, settings in (*((sizes, {}) for sizes in _INPUTS), ((16,), words)):
        params = {**layer.defaults(), "shape": sizes, **settings}
        entry = Node(default_name("Input", graph.nodes), "Input", params, (x - ROOM, y))
        command = AddNodes(MAIN, (entry,), (Wire(entry.name, "output", name, port),), "Add")
        if _sound(project, command, name):
            return FeedingOffer(command, f"Put an Input before {name}")
    return None


def _sources(project: Project, name: str) -> Iterator[tuple[Node | None, list[tuple[str, str]]]]:
    """Sources with their outputs, as (node, port): those of the drawing, else new ones in every setting."""
    graph = project.graph
    there = [node for node in in_role(graph, "source") if not node.bypassed]
    x, y = graph.nodes[name].position
    learns = role_of(graph.nodes[name]) != "loss"  # a net does not look at the label, which is the right answer
    for source in there or new_sources(graph, (x - ROOM, y)):
        ends = [port for port, shape in outputs_of(project, source).items() if not (learns and shape.kind == "label")]
        yield (None if there else source), [(source.name, port) for port in ends]


def new_sources(graph: Graph, position: tuple[float, float]) -> Iterator[Node]:
    """A node of each source that is offered, and one for each other choice of its settings."""
    for layer in sorted(layers().values(), key=_place):
        if not _place(layer):
            continue
        name, usual = default_name(layer.id, graph.nodes), layer.defaults()
        yield Node(name, layer.id, usual, position)
        for param in layer.params:
            for value in param.options if isinstance(param, Choice) else ():
                if value != param.default:
                    yield Node(name, layer.id, {**usual, param.name: value}, position)


def _place(layer: Layer) -> int:
    """Which of the sources that are offered a layer is, from 1; 0 if it is none."""
    return layer.source.offered if layer.source is not None else 0


def _adapters(project: Project, rest: Graph, fresh: Node | None, wire: Wire) -> Iterator[Node | None]:
    """Nothing, then the layers that the target itself asks for before this input."""
    yield None
    graph = rest.with_nodes(fresh) if fresh is not None else rest
    tried = infer(project.with_graph(MAIN, graph.with_wires([*graph.wires, wire])))
    for problem in tried.problems:
        for fix in problem.fixes if problem.node == wire.target else ():
            layer = find(fix.type) if isinstance(fix, InsertBefore) and fix.port == wire.target_port else None
            if layer is not None and isinstance(fix, InsertBefore):
                name = default_name(fix.type, graph.nodes)
                yield Node(name, fix.type, {**layer.defaults(), **dict(fix.params)})


def _placed(
    graph: Graph, fresh: Node | None, adapter: Node | None, wire: Wire
) -> tuple[tuple[Node, ...], tuple[Wire, ...]]:
    """The new nodes in a row before the target, and their wires, the first from the source."""
    x, y = graph.nodes[wire.target].position
    if adapter is None:
        return ((fresh,) if fresh is not None else ()), (wire,)
    layer = find(adapter.type)
    assert layer is not None
    adapter = replace(adapter, position=(x - ROOM, y))
    before = replace(wire, target=adapter.name, target_port=layer.inputs[0].name)
    after = replace(wire, source=adapter.name, source_port=layer.outputs[0])
    moved = replace(fresh, position=(x - 2 * ROOM, y)) if fresh is not None else None
    return ((moved, adapter) if moved is not None else (adapter,)), (before, after)


def _feeding_words(graph: Graph, fresh: Node | None, adapter: Node | None, wire: Wire, name: str, port: str) -> str:
    through = f" and {_title(adapter)}" if adapter is not None and fresh is not None else ""
    if fresh is not None:
        return f"Put {_title(fresh)}{through} before {name}"
    target = find(graph.nodes[name].type)
    end = f"{name}.{port}" if target is not None and len(target.inputs) > 1 else name
    through = f" through {_title(adapter)}" if adapter is not None else ""
    return f"Wire {wire.source}.{wire.source_port} to {end}{through}"


# --- in the place of an Input ----------------------------------------------------------------------------------------


def with_data(project: Project, name: str) -> FeedingOffer | None:
    """A source in the place of an Input of the main drawing: the one that is there, if another Input was replaced
    already, else a new one. A layer behind it gives the shape that arrives now, where the net does not take it else."""
    graph = project.graph
    entry = graph.nodes.get(name)
    if entry is None or role_of(entry) != "input":
        return None
    report = infer(project)
    wanted = report.main.nodes[name].outputs.get("output")
    leaving = graph.out_of(name)
    if wanted is None or not leaving:
        return None
    there = [node for node in in_role(graph, "source") if not node.bypassed]
    fresh_ones = sorted(new_sources(graph, entry.position), key=lambda node: _unlike(project, node, wanted))
    options: list[Node | None] = [None] if there else list(fresh_ones)
    # First without a layer between, so that of several sizes the one that fits as it is is taken; last what leaves a
    # problem that has a fix of its own, as a target of another length.
    for bridged, sound in ((False, True), (True, True), (False, False), (True, False)):
        for fresh in options:
            for source in [fresh] if fresh is not None else there:
                assert source is not None
                for port, given in outputs_of(project, source).items():
                    adapter = _bridge(graph, given, wanted) if bridged else None
                    if given.dtype != wanted.dtype or (bridged and adapter is None):
                        continue
                    if (given.kind == "label") != (wanted.kind == "label"):
                        continue  # a label is no text, though both are whole numbers
                    command = _replaced(entry, fresh, source.name, port, adapter, leaving)
                    if _as_sound(project, report, command) if sound else _mendable(project, command):
                        return FeedingOffer(command, _replacing_words(name, fresh, source, port, adapter))
    return None


def _unlike(project: Project, source: Node, wanted: Shape) -> float:
    """How far the amount of a source's data is from the wanted one."""
    given = [shape.values for shape in outputs_of(project, source).values() if shape.rank == wanted.rank]
    return min((abs(values - wanted.values) for values in given), default=0)


def _replaced(
    entry: Node, fresh: Node | None, source: str, port: str, adapter: Node | None, leaving: tuple[Wire, ...]
) -> Command:
    x, y = entry.position
    nodes: list[Node] = []
    if fresh is not None:
        nodes.append(replace(fresh, position=(x - (ROOM if adapter is not None else 0.0), y)))
    wires = []
    if adapter is not None:
        layer = find(adapter.type)
        assert layer is not None
        nodes.append(replace(adapter, position=(x, y)))
        wires.append(Wire(source, port, adapter.name, layer.inputs[0].name))
        source, port = adapter.name, layer.outputs[0]
    wires += [replace(wire, source=source, source_port=port) for wire in leaving]
    text = f"Put data in the place of {entry.name}"
    return EditAll(commands=(RemoveNodes(MAIN, (entry.name,)), AddNodes(MAIN, tuple(nodes), tuple(wires))), text=text)


def _replacing_words(name: str, fresh: Node | None, source: Node, port: str, adapter: Node | None) -> str:
    if fresh is None:
        through = f" through {_title(adapter)}" if adapter is not None else ""
        return f"Use {source.name}.{port}{through} in place of {name}"
    through = f" and {_title(adapter)}" if adapter is not None else ""
    return f"Put {_title(fresh)}{through} in place of {name}"


def _bridge(graph: Graph, given: Shape, wanted: Shape) -> Node | None:
    """A layer that makes one shape the other, the number of colours aside."""

    def made(type_: str, **params: Any) -> Node:
        layer = find(type_)
        assert layer is not None
        return Node(default_name(type_, graph.nodes), type_, {**layer.defaults(), **params})

    if given.sizes == wanted.sizes or wanted.dtype != "float":
        return None
    if wanted.rank == 1:
        return made("Flatten") if given.rank > 1 else None
    if given.rank == wanted.rank == 3:
        (height, width), (high, wide) = given.sizes[1:], wanted.sizes[1:]
        if high % height == 0 and wide % width == 0 and max(high // height, wide // width) <= 64:
            return made("Upsample", scale_factor=(high // height, wide // width))
        return made("AdaptiveAvgPool2d", output_size=(high, wide)) if high <= height and wide <= width else None
    if wanted.rank == 2 and given.rank == 3 and given.sizes[0] == 1:
        return made("Reshape", shape=given.sizes[1:])
    return made("Reshape", shape=wanted.sizes) if given.values == wanted.values else None


# --- a loss ----------------------------------------------------------------------------------------------------------


def with_loss(project: Project, name: str, type_: str, apply_fix: Mend) -> FeedingOffer | None:
    """A loss behind an Output or a layer of the main drawing, which compares what it gives with the label of the data.
    Where the drawing has no data yet, it is put there too. ``apply_fix`` carries out what the loss asks for."""
    graph, layer = project.graph, find(type_)
    if name not in graph.nodes or layer is None:
        return None
    commands: list[Command] = []
    words = []
    present = project
    entries = in_role(graph, "input")
    for entry in [each for each in entries if each.name in leading_to(graph, [name])]:
        offer = with_data(present, entry.name)
        if offer is None:
            return None
        commands.append(offer.command)
        words.append(offer.words.removeprefix("Put ").split(" in place of ")[0])
        present = offer.command.apply(present)
    arriving = present.graph.into(name)
    node = present.graph.nodes[name]
    ends = [(wire.source, wire.source_port) for wire in arriving[:1]]
    if role_of(node) != "output":
        ends = [(name, port) for port in output_ports(present, node)[:1]]
    for source in [each for each in in_role(present.graph, "source") if not each.bypassed]:
        labels = [port for port, shape in outputs_of(present, source).items() if shape.dtype == "int"]
        for port in labels if ends else ():
            last = _behind(present, type_, node, ends[0], (source.name, port), apply_fix)
            if last is not None:
                new = [each for each in words if not each.startswith("Use ")]
                parts = [*" and ".join(new).split(" and "), layer.name] if new else [layer.name]
                said = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
                text = f"Put {said}"
                return FeedingOffer(EditAll(commands=(*commands, *last), text=text), f"{text} into the drawing")
    return None


def _behind(
    project: Project, type_: str, node: Node, prediction: tuple[str, str], target: tuple[str, str], apply_fix: Mend
) -> list[Command] | None:
    """The edits that put a loss there, and those that it asks for itself: enough outputs, a layer between."""
    layer = find(type_)
    assert layer is not None
    x, y = node.position
    place = (x, y + ROOM / 2) if role_of(node) == "output" else (x + ROOM, y)
    loss = Node(default_name(type_, project.graph.nodes), type_, layer.defaults(), place)
    wires = (Wire(*prediction, loss.name, "prediction"), Wire(*target, loss.name, "target"))
    command = AddNodes(MAIN, (loss,), wires)
    after = command.apply(project)
    left = infer(after).problems
    if not left:
        return [command]
    for fix in left[0].fixes if left[0].node == loss.name else ():
        more = apply_fix(after, MAIN, loss.name, fix) if isinstance(fix, InsertBefore | SetUpstream) else None
        if more is not None and not infer(more.apply(after)).problems:
            return [command, more]
    return None


# --- trying ----------------------------------------------------------------------------------------------------------


def _title(node: Node | None) -> str:
    layer = find(node.type) if node is not None else None
    return layer.name if layer is not None else ""


def outputs_of(project: Project, source: Node) -> dict[str, Shape]:
    """What a source gives, in the drawing or not yet; nothing while one of its settings is wrong."""
    layer = find(source.type)
    assert layer is not None
    seen = seen_of(project.schemas, source)
    if seen is not None:
        return seen.schema.shapes if seen.schema is not None else {}
    try:
        return dict(layer.build({}, layer.settings(source.params)).outputs)
    except (BadSetting, ShapeError):
        return {}


def _problems_of(report: Report, name: str) -> list[Problem]:
    return [problem for problem in report.problems if problem.node.split("/")[0] == name]


def _sound(project: Project, command: Command, name: str) -> bool:
    """Whether the node has no problem after the edit, and its data has arrived."""
    report = infer(command.apply(project))
    known = report.main.nodes[name]
    if role_of(project.graph.nodes[name]) == "loss" and not project.graph.into(name):
        # The first of several inputs: the others wait, and are offered next.
        return all(problem.code == "unwired" for problem in _problems_of(report, name)) and not known.waiting
    return not _problems_of(report, name) and not known.waiting


def _mendable(project: Project, command: Command) -> bool:
    """Whether whatever problem the edit leaves has a fix."""
    return all(problem.fixes for problem in infer(command.apply(project)).problems)


def _as_sound(project: Project, before: Report, command: Command) -> bool:
    """Whether the edit brings no problem that was not there."""
    return len(infer(command.apply(project)).problems) <= len(before.problems)
