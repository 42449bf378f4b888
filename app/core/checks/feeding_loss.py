"""An edit that gives a loss at which nothing arrives all that it compares: data, a layer that learns, what is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.core.checks.feeding import ROOM, FeedingOffer, Mend, new_sources, outputs_of
from app.core.checks.lint.last_function import before_loss
from app.core.commands import AddNodes, Command, EditAll
from app.core.graph.model import MAIN, Node, Project, Wire
from app.core.graph.names import default_name
from app.core.graph.roles import in_role
from app.core.inference import infer
from nodes.api import InsertBefore, SetUpstream, Shape
from nodes.api.registry import find

_MOST_MENDED = 3  # edits that the loss asks for itself


def fed_loss(project: Project, name: str, port: str, apply_fix: Mend) -> FeedingOffer | None:
    """Data, a fully connected layer and the wires for a loss that compares a prediction with a target, where nothing
    arrives at it; offered once, at the prediction. None for other losses, or where no data fits. ``apply_fix`` carries
    out what the loss asks for."""
    graph = project.graph
    loss = graph.nodes.get(name)
    layer = find(loss.type) if loss is not None else None
    if loss is None or layer is None or layer.role != "loss" or graph.into(name):
        return None
    if port != "prediction" or {each.name for each in layer.inputs if not each.optional} != {"prediction", "target"}:
        return None
    x, y = loss.position
    there = [each for each in in_role(graph, "source") if not each.bypassed]
    if there and in_role(graph, "layer"):
        return None  # one of them is meant
    for source in there or new_sources(graph, (x - 3 * ROOM, y)):
        shapes = outputs_of(project, source)
        entry = next((port for port, shape in shapes.items() if shape.dtype == "float" and shape.kind != "label"), None)
        if entry is None:
            continue
        # The right answer is a label where the loss reads scores for classes, and else the numbers themselves.
        for target in sorted(shapes, key=lambda port: (shapes[port].dtype != "int") == (layer.decides == "largest")):
            for command in _nets(project, loss, None if there else source, source.name, entry, target, shapes):
                done = _mended(project, command, name, apply_fix)
                if done is not None:
                    title = find(source.type)
                    what = source.name if there or title is None else title.name
                    words = f"between {what} and" if there else "before"
                    net = "a layer that learns" if there else f"{what} and a layer that learns"
                    return FeedingOffer(done, f"Put {net} {words} {name}")
    return None


def _nets(
    project: Project, loss: Node, fresh: Node | None, source: str, entry: str, target: str, shapes: dict[str, Shape]
) -> Iterator[Command]:
    """The source, a fully connected layer with as many outputs as the target asks for, and the loss's wires."""
    graph, aim, (x, y) = project.graph, shapes[target], loss.position
    taken = {**graph.nodes, **({fresh.name: fresh} if fresh is not None else {})}

    def made(type_: str, column: int, row: float = 0.0, **params: Any) -> Node:
        layer = find(type_)
        assert layer is not None
        node = Node(
            default_name(type_, taken), type_, {**layer.defaults(), **params}, (x - column * ROOM, y + row * ROOM)
        )
        taken[node.name] = node
        return node

    nodes = [fresh] if fresh is not None else []
    flat = [made("Flatten", 2)] if shapes[entry].rank > 1 else []
    for outputs in dict.fromkeys((aim.classes or aim.values, 1)):
        linear = made("Linear", 1, out_features=outputs)
        right = [made("Flatten", 1, 0.6)] if aim.dtype == "float" and aim.rank > 1 else []
        wires = _row(source, entry, [*flat, linear], loss.name, "prediction")
        wires += _row(source, target, right, loss.name, "target")
        yield AddNodes(MAIN, (*nodes, *flat, linear, *right), tuple(wires), "Add")
        del taken[linear.name]


def _row(source: str, port: str, nodes: list[Node], target: str, target_port: str) -> list[Wire]:
    wires = []
    for node in nodes:
        layer = find(node.type)
        assert layer is not None
        wires.append(Wire(source, port, node.name, layer.inputs[0].name))
        source, port = node.name, layer.outputs[0]
    return [*wires, Wire(source, port, target, target_port)]


def _mended(project: Project, command: Command, name: str, apply_fix: Mend) -> Command | None:
    """The edit with those that the loss, or a note about the function before it, asks for; None if a problem stays."""
    commands, present = [command], command.apply(project)
    for _ in range(_MOST_MENDED):
        report = infer(present)
        asked = [each for each in report.problems if each.node == name]
        asked = asked or list(before_loss(present, report, name))
        fixes = [fix for each in asked for fix in each.fixes if isinstance(fix, InsertBefore | SetUpstream)]
        more = apply_fix(present, MAIN, name, fixes[0]) if fixes else None
        if more is None:
            break
        commands.append(more)
        present = more.apply(present)
    if any(each.node == name for each in infer(present).problems):
        return None
    return commands[0] if len(commands) == 1 else EditAll(commands=tuple(commands), text="Add")
