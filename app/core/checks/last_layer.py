"""Which layer gives a loss its numbers, and what makes as many of them as it needs.

A loss knows how many numbers it needs, but not what stands before it: its sentence says "the last layer". Here that is
named, and where no setting of it can help, as of an LSTM or a pooling, a layer goes before the loss that gives as many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.core.checks.problems import AnyFix, FixElsewhere, Problem
from app.core.graph.blocks import param_of
from app.core.graph.model import Graph, Node, Project, block_of
from app.core.reports import GraphReport, NodeReport
from nodes.api import InsertBefore, SetUpstream, Shape, UseInstead
from nodes.api.registry import find

_FUNCTIONS = ("activation", "regularization")  # a layer that learns belongs before them
_SAME_SHAPE = (*_FUNCTIONS, "normalization")


@dataclass(frozen=True)
class _Maker:
    """The layer that decides how many numbers there are, by its path, and whether ``setting`` of it says how many.
    ``place`` and ``port`` are where another layer would go: at the loss, or at the first function before it."""

    path: str
    sets: bool
    place: str
    port: str


def last_layer_named(
    project: Project, graph: Graph, node: Node, problems: tuple[Problem, ...], reports: Mapping[str, NodeReport]
) -> tuple[Problem, ...]:
    """The problems of a loss, with the layer that gives too few numbers, or too many, in the sentence."""
    return tuple(_named(project, graph, node, problem, reports) for problem in problems)


def _named(project: Project, graph: Graph, node: Node, problem: Problem, reports: Mapping[str, NodeReport]) -> Problem:
    fix = next((each for each in problem.fixes if isinstance(each, SetUpstream)), None)
    layer = find(node.type)
    if problem.code != "shape" or fix is None or any(isinstance(each, UseInstead) for each in problem.fixes):
        return problem
    arrived = reports[node.name].inputs.get(fix.port, ())
    if layer is None or layer.role != "loss" or len(arrived) != 1:
        return problem
    maker = _maker(project, graph, reports, node.name, fix, arrived[0])
    if maker is None:
        return problem
    said = problem.sentence.rsplit(". ", 1)[0]  # the last sentence is the remedy
    count = f"{fix.value} output{'s' if fix.value != 1 else ''}"
    if maker.sets:
        return replace(problem, sentence=f"{said}. Give {maker.path} {count}.")
    at_loss = maker.place == node.name
    place = "it" if at_loss else maker.place
    insert = _insertion(fix, maker.port)
    fixes: tuple[AnyFix, ...] = (insert if at_loss else FixElsewhere(maker.place, insert),)
    fixes += tuple(each for each in problem.fixes if not isinstance(each, SetUpstream | InsertBefore))
    what = "convolution" if insert.type == "Conv2d" else "fully connected layer"
    sentence = f"{said}, and they come from {maker.path}. Put a {what} with {count} before {place}."
    return replace(problem, sentence=sentence, fixes=fixes)


def _insertion(fix: SetUpstream, port: str) -> InsertBefore:
    if fix.param == "out_channels":
        return InsertBefore("Conv2d", port, (("out_channels", fix.value), ("kernel_size", (1, 1))))
    return InsertBefore("Linear", port, (("out_features", fix.value),))


def _maker(
    project: Project, graph: Graph, reports: Mapping[str, NodeReport], name: str, fix: SetUpstream, arrived: Shape
) -> _Maker | None:
    """What gives the values that arrive at the fix's port; None where it cannot be told."""
    place, port, functions = name, fix.port, True
    at, into, outer = name, fix.port, ""
    count = _count(arrived, fix)
    for _ in range(len(graph.nodes) + 100):
        wire = graph.wire_at(at, into)
        if wire is None or wire.source not in reports:
            return None
        node, known = graph.nodes[wire.source], reports[wire.source]
        if node.bypassed:
            into = known.passes.get(wire.source_port, "")
            at, functions = node.name, False
            continue
        path = outer + node.name
        block = block_of(node.type)
        inner = known.inner if isinstance(known.inner, GraphReport) else None
        if param_of(project, node, fix.param) is not None:
            return _Maker(path, node.shares is None, place, port)
        if block is not None and inner is not None and node.repeat == 1 and wire.source_port in inner.graph.nodes:
            graph, reports, at, outer = inner.graph, inner.nodes, wire.source_port, f"{path}/"
            into = _only_port(graph, at)
            functions = False
            continue
        layer = find(node.type)
        came = [shape for shapes in known.inputs.values() for shape in shapes]
        passes = layer is not None and len(came) == 1 and _count(came[0], fix) == count
        if layer is None or not passes or layer.category not in (*_SAME_SHAPE, "pooling", "reshape"):
            return _Maker(path, False, place, port)
        if node.type == "Reshape":  # its own sizes say how many there are
            return _Maker(path, False, place, port)
        at, into = node.name, _only_port(graph, node.name)
        functions = functions and layer.category in _FUNCTIONS and len(graph.out_of(at)) == 1
        if functions:
            place, port = at, into
    return None


def _only_port(graph: Graph, name: str) -> str:
    return next((wire.target_port for wire in graph.into(name)), "")


def _count(shape: Shape, fix: SetUpstream) -> int:
    """How many numbers of the kind that the fix would change."""
    if not shape.sizes:
        return 1
    return shape.sizes[0] if fix.param == "out_channels" or shape.rank > 2 else shape.sizes[-1]
