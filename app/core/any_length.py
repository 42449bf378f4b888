"""Data whose sequences may have any length: which it is, and for how many steps costs are counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from app.core.checks.problems import FixElsewhere
from app.core.graph.model import Graph
from app.core.graph.roles import in_role
from app.core.reports import GraphReport, NodeReport
from nodes.api import SetParam, Shape
from nodes.api.words import listed


def with_one_length(graph: Graph) -> Iterator[FixElsewhere]:
    """Fixes that give the data of a drawing one length."""
    for name, node in graph.nodes.items():
        if node.params.get("any_length") is True:
            yield FixElsewhere(name, SetParam("any_length", False))
        if node.params.get("buckets"):
            yield FixElsewhere(name, SetParam("buckets", 0))


def steps_counted(report: GraphReport) -> str:
    """For how many steps the costs of a net are counted: ``50 steps``; empty where nothing has any length."""
    return _said(
        shape
        for node in in_role(report.graph, "source", "input", "block_in")
        for shape in report.nodes[node.name].outputs.values()
    )


def steps_counted_at(report: NodeReport) -> str:
    """The same of one layer."""
    return _said(chain(*report.inputs.values())) or _said(report.outputs.values())


def _said(shapes: Iterable[Shape]) -> str:
    counts = [f"{count:,}" for count in dict.fromkeys(shape.lengths[0] for shape in shapes if shape.variants)]
    return f"{listed(counts, ' and ')} step{'' if counts == ['1'] else 's'}" if counts else ""
