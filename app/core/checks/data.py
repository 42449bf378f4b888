"""What inference says of data: sources that read files, and augmentations that stand in the wrong place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.core.checks.problems import AnyFix, FindFile, Problem, TakeOut
from app.core.graph.model import Graph, Node, Project
from app.core.graph.roles import in_role, role_of
from app.core.graph.seen import is_looked_at, reads_files, seen_of
from app.core.graph.seen_schema import Key, SeenSchema
from app.core.reports import NodeReport
from nodes.api import Layer, SetParam
from nodes.api.corrections import CORRECTIONS, corrected
from nodes.api.sources import described


def source_report(
    schemas: Mapping[Key, SeenSchema], node: Node, layer: Layer, settings: Mapping[str, Any], report: NodeReport
) -> NodeReport:
    """What is known of a source that reads files, as it was seen last. ``report`` is what is said of it so far."""

    def wrong(sentence: str, *fixes: AnyFix) -> NodeReport:
        problem = Problem(node.name, sentence, "data", fixes)
        return NodeReport(report.inputs, problems=(*report.problems, problem))

    empty = next((name for name in reads_files(node) if not settings[name]), None)
    if empty is not None:
        return wrong("No file is chosen yet. Choose the one with the data.", FindFile(empty))
    seen = seen_of(schemas, node)
    if seen is None:
        return wrong("Nobody has looked at its file yet. Wait a moment.")
    if seen.schema is None:
        return wrong(seen.trouble, *_finding(node, seen))
    built = described(layer.id, corrected(seen.schema, settings.get(CORRECTIONS, ())))
    outputs = {name: shape for name, shape in built.outputs.items() if name in layer.outputs}
    return NodeReport(report.inputs, outputs, built, None, report.problems)


def missing_data(project: Project) -> Iterator[Problem]:
    """Sources whose files cannot be read now, though their shapes are known from before. Code ``untrained``: the net is
    whole, and cannot be trained."""
    for node in in_role(project.graph, "source"):
        seen = seen_of(project.schemas, node) if not node.bypassed else None
        if seen is not None and seen.trouble and seen.schema is not None:
            yield Problem(node.name, seen.trouble, "untrained", _finding(node, seen))


def _finding(node: Node, seen: SeenSchema) -> tuple[AnyFix, ...]:
    path = next(iter(reads_files(node)), "")
    if not path:
        return ()  # a package is missing, and the sentence says which
    nearby = (SetParam(path, seen.nearby),) if seen.nearby else ()
    return (*nearby, FindFile(path))


def lacking_field(node: Node | None, port: str, known: NodeReport | None) -> str:
    """Why nothing comes out of an output of a source, in a sentence: its data has no such field. Empty if it has, or if
    nobody knows."""
    if node is None or known is None or known.built is None or port in known.outputs or not is_looked_at(node):
        return ""
    has = ", ".join(known.outputs) or "none"
    return f"The data of {node.name} has no {port} (it has: {has})."


def misplaced(graph: Graph, reports: Mapping[str, NodeReport]) -> Iterator[tuple[str, Problem]]:
    """Augmentations that do not stand between data and model, with what is wrong."""
    for node in in_role(graph, "augmentation"):
        name = node.name
        if node.bypassed or reports[name].problems:
            continue
        for wire in graph.into(name):
            before, port = wire.source, wire.source_port
            while graph.nodes[before].bypassed and port in reports[before].passes:
                passed = graph.wire_at(before, reports[before].passes[port])
                if passed is None:
                    break
                before, port = passed.source, passed.source_port
            if role_of(graph.nodes[before]) not in ("source", "augmentation", "input"):
                sentence = (
                    f"It changes samples before the net sees them, but {before} is a layer of the net. Put it right "
                    "behind the data."
                )
                yield name, Problem(name, sentence, "place", (TakeOut(),))
