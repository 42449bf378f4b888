"""From a fix that a problem offers to the command that does it, and its words for a button."""

from __future__ import annotations

from dataclasses import replace

from app.core.checks.feeding import FeedingOffer, feeding, with_data, with_loss
from app.core.checks.feeding_loss import fed_loss
from app.core.checks.problems import (
    AddOutput,
    AnyFix,
    FeedInput,
    FindFile,
    FixElsewhere,
    HideExposed,
    PutData,
    PutLoss,
    RemoveNode,
    RemoveWire,
    RenameTo,
    ResetParam,
    Rewire,
    SetNode,
    SetOwnRate,
    SetTraining,
    SeveralFixes,
    SwapWires,
    TakeOut,
    WireInto,
)
from app.core.checks.upstream import upstream_setting
from app.core.checks.wiring import likely_wire, report_of
from app.core.commands import (
    AddNodes,
    ChangeType,
    Command,
    Connect,
    Disconnect,
    EditAll,
    HideSetting,
    InsertOnWire,
    MoveWire,
    RemoveAndJoin,
    RemoveNodes,
    Rename,
    ResetSetting,
    SetNodeField,
    SetRecipe,
    SetSetting,
)
from app.core.commands.base import title_of
from app.core.commands.settings import where_it_stands
from app.core.graph.blocks import along, instances, param_of
from app.core.graph.model import BLOCK_PREFIX, MAIN, Graph, Node, Project, Wire, block_of
from app.core.graph.names import default_name
from app.core.graph.ports import input_ports, output_ports
from app.core.graph.recipe import setting
from app.core.inference import infer
from nodes.api import InsertBefore, SetParam, SetUpstream, UseInstead, cut, listed
from nodes.api.params import Pair, Switch
from nodes.api.registry import find

_MOST_LETTERS = 60  # of a value on a button, which may be a whole matrix
ROOM = 220.0  # how far the nodes behind an inserted one move to the right


def command_at(project: Project, where: str, path: str, fix: AnyFix) -> Command | None:
    """The edit that carries out ``fix`` for the node at a path, in the graph of the innermost block; None if it no
    longer applies. A setting that an instance on the way gives its block is changed there, where its value stands."""
    if isinstance(fix, SetTraining):
        return SetRecipe(setting=fix.setting, value=fix.value)
    if isinstance(fix, SetOwnRate):
        there = all(name in project.graph.nodes for name in fix.losses)
        return SetSetting(MAIN, fix.losses, "lr", fix.value) if there else None
    if isinstance(fix, FixElsewhere):
        return command_at(project, where, fix.node, fix.fix)
    if isinstance(fix, SeveralFixes):
        commands = [command for each in fix.fixes if (command := command_at(project, where, each.node, each.fix))]
        return EditAll(commands=tuple(commands), text=fix.words) if len(commands) == len(fix.fixes) else None
    way = tuple(along(project, path, where))
    if len(way) != len(path.split("/")):
        return None
    command = command_for(project, *way[-1], fix)
    if isinstance(command, SetSetting | ResetSetting):
        return where_it_stands(project, command, reversed(way[:-1]))
    return command


def words_at(project: Project, where: str, path: str, fix: AnyFix) -> str:
    """The text of the button for a fix at a path."""
    if isinstance(fix, SetTraining):
        param = setting(project.recipe.full_name(fix.setting))
        return f"Set {param.title} to {param.format(fix.value)}" if param is not None else f"Set {fix.setting}"
    if isinstance(fix, SetOwnRate):
        return f"Set own learning rate of {listed(fix.losses, ' and ')} to {fix.value:g}"
    if isinstance(fix, FixElsewhere):
        return words_at(project, where, fix.node, fix.fix)
    if isinstance(fix, SeveralFixes):
        return fix.words
    way = tuple(along(project, path, where))
    command = command_at(project, where, path, fix)
    if isinstance(command, SetSetting) and command.where != way[-1][0] and not isinstance(fix, SetUpstream):
        name = command.names[0]
        return f"Set {_setting(project, command.where, name, command.param, command.value)} of {name}"
    words = words_for(project, *way[-1], fix)
    if len(way) > 1 and command is not None and command.where == way[-1][0]:
        count = sum(1 for _ in instances(project, command.where))
        words += f" in all {count} of {command.where}" if count > 1 else ""
    return words


def reach_words(project: Project, command: Command) -> str:
    """What else an edit changes: nothing in the main drawing, all instances of a block."""
    if command.where == MAIN:
        return ""
    count = sum(1 for _ in instances(project, command.where))
    return f"It changes the block {command.where}" + (f", all {count} of it." if count > 1 else ".")


def command_for(project: Project, where: str, node: str, fix: AnyFix) -> Command | None:
    """The edit that carries out ``fix`` for ``node`` in the graph ``where``; None if it no longer applies."""
    graph = project.graph_of(where)
    if node not in graph.nodes:
        return None
    match fix:
        case SetParam(param, value):
            return SetSetting(where, (node,), param, value)
        case SetUpstream():
            return _upstream(project, where, node, fix)
        case UseInstead(type_, params):
            return ChangeType(where, node, type_, dict(params))
        case InsertBefore(type_, port, params, place):
            wires = graph.arriving(node, port)
            wire = wires[place] if place < len(wires) else None
            layer = find(type_)
            if wire is None or layer is None:
                return None
            x, y = graph.nodes[node].position
            fresh = Node(default_name(type_, graph.nodes), type_, {**layer.defaults(), **dict(params)}, (x, y))
            return InsertOnWire(where, fresh, wire, make_room=ROOM)
        case FindFile(param, path):
            return SetSetting(where, (node,), param, path or graph.nodes[node].params.get(param, ""))
        case ResetParam(param):
            return ResetSetting(where, (node,), param)
        case RemoveNode():
            return RemoveNodes(where, (node,))
        case TakeOut():
            return RemoveAndJoin(where, (node,))
        case RemoveWire(wire):
            return Disconnect(where, (wire,)) if wire in graph.wires else None
        case SetNode(field, value):
            return SetNodeField(where, (node,), field, value)
    return _of_ports(project, where, node, fix)


def _of_ports(project: Project, where: str, node: str, fix: AnyFix) -> Command | None:
    """The edits of fixes about wires, names and the ports of blocks."""
    graph = project.graph_of(where)
    match fix:
        case Rewire(wire, instead):
            return MoveWire(where, wire, instead) if wire in graph.wires else None
        case SwapWires(wire, other):
            return _exchanged(project, where, node, wire, other)
        case WireInto(port, instead):
            found = likely_wire(project, where, node, port, instead)
            if found is None:
                return None
            old = graph.arriving(node, port)
            return MoveWire(where, old[0], found) if len(old) == 1 else Connect(where, (found,))
        case FeedInput() | PutData() | PutLoss():
            offer = _offer(project, where, node, fix)
            return offer.command if offer is not None else None
        case RenameTo(name):
            return Rename(where, node, name)
        case HideExposed(inner, param):
            block = block_of(graph.nodes[node].type)
            return HideSetting(block, inner, param) if block is not None and block in project.blocks else None
        case AddOutput():
            return _with_output(project, block_of(graph.nodes[node].type) or "")
    return None


def _exchanged(project: Project, where: str, node: str, wire: Wire, other: Wire) -> Command | None:
    """Two wires that change places at a node, if what problem that leaves there can be mended too."""
    if not {wire, other} <= set(project.graph_of(where).into(node)):
        return None
    fresh = (replace(wire, target_port=other.target_port), replace(other, target_port=wire.target_port))
    text = f"Exchange {wire.target_port} and {other.target_port}"
    command = EditAll(commands=(Disconnect(where, (wire, other)), Connect(where, fresh)), text=text)
    left = infer(command.apply(project)).of(where).nodes[node].problems
    return command if all(problem.fixes for problem in left) else None


def _offer(project: Project, where: str, node: str, fix: AnyFix) -> FeedingOffer | None:
    """What gives the drawing its data or its loss; None where nothing fits."""
    match fix:
        case FeedInput(port, instead):
            whole = fed_loss(project, node, port, command_for) if where == MAIN and not instead else None
            return whole or feeding(project, where, node, port, instead)
        case PutData() if where == MAIN:
            return with_data(project, node)
        case PutLoss(behind, type_) if where == MAIN:
            return with_loss(project, behind, type_, command_for)
    return None


def _with_output(project: Project, block: str) -> Command | None:
    """An output for a block, behind what leads to nothing in it."""
    if block not in project.blocks:
        return None
    graph = project.graph_of(block)
    ends = [n for n in graph.nodes.values() if not graph.out_of(n.name) and output_ports(project, n)]
    if not ends:
        return None
    last = max(ends, key=lambda end: end.position[0])
    x, y = last.position
    out = Node(default_name("Out", graph.nodes), "Out", position=(x + ROOM, y))
    wire = Wire(last.name, output_ports(project, last)[0], out.name, "x")
    return AddNodes(block, (out,), (wire,))


def words_for(project: Project, where: str, node: str, fix: AnyFix) -> str:
    """The text of the button."""
    match fix:
        case SetParam("frozen", False):
            return f"Unfreeze {node}"
        case SetParam(param, value):
            return f"Set {_setting(project, where, node, param, value)}"
        case SetUpstream(param, value, _):
            found = _upstream(project, where, node, fix)
            if found is None:
                return f"Set {_setting(project, where, node, param, value)} of the layer before"
            what = _setting(project, found.where, found.names[0], found.param, value)
            place = f" in {found.where}" if found.where != where else ""
            return f"Set {what} of {found.names[0]}{place}"
        case InsertBefore(type_, port, _, place):
            layer = find(type_)
            wires = project.graph_of(where).arriving(node, port)
            behind = f"behind {wires[place].source}" if len(wires) > 1 and place < len(wires) else f"before {node}"
            return f"Insert {layer.name if layer else type_} {behind}"
        case UseInstead(type_, _):
            layer = find(type_)
            return f"Use {layer.name if layer else type_.removeprefix(BLOCK_PREFIX)} instead"
        case FindFile(param, _):
            return "Choose a file…" if not project.graph_of(where).nodes[node].params.get(param) else "Find the file…"
        case ResetParam(param):
            return f"Reset {title_of(project, where, (node,), param)}"
        case RemoveNode() | TakeOut():
            return f"Remove {node}"
        case RemoveWire(wire):
            return f"Remove the wire from {wire.source}"
        case SetNode("repeat", _):
            return "Do not repeat"
        case SetNode("shares", _):
            return "Use own weights"
        case SetNode("bypassed", value):
            return f"Mute {node}" if value else "Unmute"
    return _words_of_ports(project, where, node, fix)


def _words_of_ports(project: Project, where: str, node: str, fix: AnyFix) -> str:
    match fix:
        case Rewire(wire, instead):
            if wire.source != instead.source:
                return f"Wire {_output_words(project, project.graph_of(where), instead)} to {instead.target_port}"
            if wire.target_port != instead.target_port:
                source = project.graph_of(where).nodes.get(wire.source)
                what = _output_words(project, project.graph_of(where), wire) if source is not None else wire.source
                return f"Wire {what} to {instead.target}.{instead.target_port}"
            return f"Wire {wire.source}.{instead.source_port} instead"
        case SwapWires(wire, other):
            return f"Exchange {wire.target_port} and {other.target_port}"
        case WireInto(port, instead):
            graph = project.graph_of(where)
            found = likely_wire(project, where, node, port, instead)
            several = len(input_ports(project, graph.nodes[node])) > 1
            what = _output_words(project, graph, found) if found is not None else "a layer"
            return f"Wire {what} to {port if several else node}"  # whoever shows it names the node
        case FeedInput() | PutData() | PutLoss():
            offer = _offer(project, where, node, fix)
            return offer.words if offer is not None else "Put data into the drawing"
        case RenameTo(name):
            return f"Rename to {name}"
        case HideExposed(inner, param):
            return f"Take {param} of {inner} off the block's settings"
        case AddOutput():
            return "Add a block output"
    return "Fix"


def _output_words(project: Project, graph: Graph, wire: Wire) -> str:
    """A layer, with its output if it has several."""
    several = len(output_ports(project, graph.nodes[wire.source])) > 1
    return f"{wire.source}.{wire.source_port}" if several else wire.source


def _setting(project: Project, where: str, node: str, param: str, value: object) -> str:
    declared = param_of(project, project.graph_of(where).nodes[node], param)
    if declared is None:
        return f"{param} to {value}"
    # A block's setting goes by the name that the block gave it, unless that is torch's.
    title = declared.title if param == declared.name else param.replace("_", " ")
    if isinstance(declared, Pair) and isinstance(value, tuple) and value[0] == value[1] and declared.low == 0:
        return f"{title} to {value[0]}"
    if isinstance(declared, Switch):
        return f"{title} to {'on' if value else 'off'}"
    return f"{title} to {cut(declared.format(value), _MOST_LETTERS)}"


def _upstream(project: Project, where: str, node: str, fix: SetUpstream) -> SetSetting | None:
    """The edit of the layer before a port, where it has the setting."""
    return upstream_setting(project, report_of(project), where, node, fix.port, fix.param, fix.value)
