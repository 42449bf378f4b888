"""Data whose sequences may have any length: which it is, and for how many steps costs are counted."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.checks.problems import At
from app.core.graph.blocks import role_of
from app.core.graph.model import Graph
from app.core.reports import GraphReport
from nodes.api import SetParam
from nodes.api.words import listed


def with_one_length(graph: Graph) -> Iterator[At]:
    """Fixes that give the data of a drawing one length."""
    for name, node in graph.nodes.items():
        if node.params.get("any_length") is True:
            yield At(name, SetParam("any_length", False))
        if node.params.get("buckets"):
            yield At(name, SetParam("buckets", 0))


def steps_counted(report: GraphReport) -> str:
    """For how many steps the costs of a net are counted: ``50 steps``; empty where nothing has any length."""
    found: list[int] = []
    for name, known in report.nodes.items():
        if role_of(report.graph.nodes[name]) in ("source", "input", "block_in"):
            found += [shape.sizes[0] for shape in known.outputs.values() if shape.variants]
    counts = [f"{count:,}" for count in dict.fromkeys(found)]
    return f"{listed(counts, ' and ')} step{'' if counts == ['1'] else 's'}" if counts else ""
