"""What passes through a muted node."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from app.core.checks.problems import Problem, SetNode
from app.core.graph.model import Graph, Node, Project
from app.core.graph.ports import output_ports, passing
from app.core.graph.roles import role_of
from nodes.api import Shape

UNMUTE = SetNode("bypassed", False)


def passed_on(
    project: Project, node: Node, inputs: Mapping[str, tuple[Shape, ...]], awake: Mapping[str, Shape]
) -> dict[str, Shape]:
    """The shapes at the outputs of a muted node: the first output gives what arrives first, and every other one what
    arrives at the input of its own number, if that has the shape that the output has when the node is ``awake``. An
    output with nothing to pass is left out; ``unpassed`` says so where somebody reads it. An augmentation hands on
    whatever arrives: a label that it would have mixed is one again."""
    any_shape = role_of(node) == "augmentation"
    outputs: dict[str, Shape] = {}
    for output, entry in passing(project, node, tuple(inputs)).items():
        shape = inputs[entry][0]
        if not outputs or any_shape or awake.get(output, shape) == shape:
            outputs[output] = shape
    return outputs


def nothing_arrives(node: Node) -> Problem:
    """A muted node without a value that could pass."""
    return Problem(node.name, "It is muted, but nothing arrives that could pass through. Unmute it.", "mute", (UNMUTE,))


def unpassed(project: Project, graph: Graph, reports: Mapping[str, Any]) -> Iterator[tuple[str, Problem]]:
    """Muted nodes of which somebody reads an output that has nothing to pass, each with its problem. ``reports`` are
    the node reports of the graph."""
    for name, node in [item for item in graph.nodes.items() if item[1].bypassed]:
        known = reports[name]
        if known.problems or not known.outputs:
            continue
        bare = [port for port in output_ports(project, node) if port not in known.outputs]
        read = {wire.source_port for wire in graph.out_of(name)} if bare else set()
        lacking = [port for port in bare if port in read]
        if lacking:
            sentence = (
                f"It is muted, and nothing arrives that could pass through to {' and '.join(lacking)}: an output gives "
                "what arrives at the input of the same number, if it has the same shape. Unmute it."
            )
            yield name, Problem(name, sentence, "mute", (UNMUTE,))


def without_unread(graph: Graph, passes: Mapping[str, Mapping[str, str]], ends: Collection[str]) -> frozenset[str]:
    """The nodes ``ends`` and those they read from, directly or not, where muted nodes read only what they hand on.

    ``passes`` says for each muted node which input each of its outputs hands on.
    """
    todo: list[tuple[str, str | None]] = [(name, None) for name in ends]
    seen = set(todo)
    while todo:
        name, port = todo.pop()
        through = passes.get(name, {}).get(port) if port is not None else None
        entered = [wire for wire in graph.into(name) if through is None or wire.target_port == through]
        for wire in entered[:1] if through is not None else entered:
            # Which output is read matters where it decides what is passed on.
            before = (wire.source, wire.source_port if wire.source in passes else None)
            if before not in seen:
                seen.add(before)
                todo.append(before)
    return frozenset(name for name, _ in seen)
