"""A label that was wired to what reads data: told as such, with the wire that was meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.core.checks.problems import FeedInput, Problem, Rewire, SwapWires
from app.core.graph.model import Graph, Node, Wire
from app.core.graph.roles import role_of
from nodes.api import Shape
from nodes.api.registry import find


def told_as_label(
    graph: Graph, node: Node, problems: tuple[Problem, ...], outputs: Callable[[str], Mapping[str, Shape]]
) -> tuple[Problem, ...]:
    """The problems of a node, those that come from the label of a source said so. ``outputs`` gives the shapes at the
    outputs of a node."""
    for wire in graph.into(node.name):
        source = graph.nodes.get(wire.source)
        given = outputs(wire.source) if source is not None and role_of(source) == "source" else {}
        if wire.source_port in given and given[wire.source_port].kind == "label":
            data = next((port for port, shape in given.items() if shape.dtype == "float"), "")
            problems = tuple(_told(graph, node, each, wire, data) for each in problems)
    return problems


def _told(graph: Graph, node: Node, problem: Problem, wire: Wire, data: str) -> Problem:
    """One problem. ``data`` is the output of the same source that a net reads; empty if it has none."""
    layer = find(node.type)
    what = f"{wire.source}.{wire.source_port}"
    if layer is None:
        return problem
    if layer.role != "loss":
        if problem.code != "shape" or not data:
            return problem
        sentence = (
            f"{what} arrives here: the label is the right answer, not what the net looks at. Wire {wire.source}.{data} "
            "instead."
        )
        return replace(problem, sentence=sentence, fixes=(FeedInput(wire.target_port, instead=True), *problem.fixes))
    at_target = graph.arriving(node.name, "target")
    if wire.target_port == "prediction" and problem.code == "shape" and len(at_target) == 1:
        sentence = (
            f"{what}, a label, arrives at prediction, and {at_target[0].source} at target, which is the right answer. "
            "Exchange the two."
        )
        return replace(problem, sentence=sentence, fixes=(SwapWires(wire, at_target[0]), *problem.fixes))
    free = [port.name for port in layer.inputs if not any(w.target_port == port.name for w in graph.into(node.name))]
    if wire.target_port != "prediction" or problem.code != "unwired" or free != ["target"]:
        return problem
    sentence = f"{what}, a label, arrives at prediction. Wire it to target, and the last layer to prediction."
    fixes = (Rewire(wire, replace(wire, target_port="target")), *problem.fixes)
    return replace(problem, sentence=sentence, fixes=fixes, wire=wire)
