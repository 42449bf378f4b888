"""Norms that measure over a batch, where a batch is one single sample: torch refuses to divide by the deviation of one
value."""

from __future__ import annotations

from app.core.compile.used_nodes import used_nodes
from app.core.graph.model import Graph
from app.core.graph.shared_weights import weights_owner
from app.core.inference import GraphReport, NodeReport, Report
from nodes.api import listed

COMPARES = "Batch norm compares the samples of a batch, but "


def compare_samples(report: Report) -> tuple[str, ...]:
    """The paths of layers that training can only use on two samples or more, in the order in which data flows: batch
    norms at which one value for each channel of a sample arrives. Frozen ones use what they have measured before."""
    found: list[str] = []
    todo: list[tuple[str, GraphReport]] = [("", report.main)]
    while todo:
        prefix, level = todo.pop()
        used = used_nodes(level, ("loss", "output", "block_out"))
        for name in level.order:
            known = level.nodes[name]
            if name not in used or level.graph.nodes[name].bypassed:
                continue
            if known.inner is not None:
                todo.append((f"{prefix}{name}/", known.inner))
            elif _compares(level.graph, level, name, known):
                found.append(prefix + name)
    return tuple(found)


def why_not_one(paths: tuple[str, ...]) -> str:
    """Why a batch size of one is too small for these layers."""
    others = f" The same holds for {listed(paths[1:])}." if len(paths) > 1 else ""
    too_small = "the batch size is 1, so there is nothing to compare. Use a larger batch size, such as 32."
    return f"{COMPARES}{too_small}{others}"


def _compares(graph: Graph, report: GraphReport, name: str, known: NodeReport) -> bool:
    built = known.built
    if built is None or not built.call.measures or not built.call.args:
        return False
    owner = weights_owner(graph, graph.nodes[name])
    made = report.nodes[owner.name].built if owner is not None and owner.name in report.nodes else built
    if made is not None and made.call.frozen:
        return False
    channels = built.call.args[0]
    arrived = [shape for shapes in known.inputs.values() for shape in shapes]
    return len(arrived) == 1 and arrived[0].values == channels
