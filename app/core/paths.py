"""Layers by their path: ``conv1`` in the drawing, ``block1/conv1`` inside of the instance ``block1`` of a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.core.graph.blocks import along
from app.core.graph.model import MAIN, Node, Project, block_of
from app.core.inference import GraphReport, NodeReport, Report


def node_at(project: Project, path: str) -> Node | None:
    """The node of that path; None if there is none."""
    way = tuple(along(project, path))
    where, name = way[-1]
    return project.graph_of(where).nodes.get(name) if len(way) == path.count("/") + 1 else None


def report_at(report: Report, path: str) -> NodeReport | None:
    """What is known of the node of that path; None if nothing is."""
    graph: GraphReport | None = report.main
    found = None
    for name in path.split("/"):
        found = graph.nodes.get(name) if graph is not None else None
        if found is None:
            return None
        graph = found.inner
    return found


def same_at(one: Project, other: Project, path: str) -> bool:
    """Whether the node of that path means the same in two drawings, and so do the instances that it stands in."""
    names = path.split("/")
    for count in range(1, len(names) + 1):
        here, there = (node_at(project, "/".join(names[:count])) for project in (one, other))
        if here is None or there is None or not here.same_meaning(there):
            return False
    return True


def inside(graph: GraphReport, prefix: str = "") -> Iterator[tuple[str, Node, NodeReport]]:
    """What stands in the blocks of a graph, with its path, in the order in which data flows."""
    for name in graph.order:
        found = graph.nodes[name]
        if found.inner is not None:
            way = f"{prefix}{name}/"
            for inner in found.inner.order:
                yield way + inner, found.inner.graph.nodes[inner], found.inner.nodes[inner]
            yield from inside(found.inner, way)


def first_path(report: Report, where: str) -> str | None:
    """The path of the instance as which the canvas shows a block: its first. Empty for the drawing itself.

    None if the block is used nowhere.
    """
    if where == MAIN:
        return ""
    for name in report.main.order:
        if _shows(report.main.nodes[name], where, report):
            return name
    paths = (path for path, _, found in inside(report.main) if _shows(found, where, report))
    return next(paths, None)


def instance_at(report: Report, blocks: Sequence[str], way: Sequence[str]) -> GraphReport | None:
    """What is known inside of the last of ``blocks``, entered one in the other as the nodes ``way``.

    None if one of these is no instance of its block any more, or nothing arrives there.
    """
    graph = report.main
    for block, name in zip(blocks, way, strict=True):
        node, found = graph.graph.nodes.get(name), graph.nodes.get(name)
        if node is None or block_of(node.type) != block or found is None or found.inner is None:
            return None
        graph = found.inner
    return graph


def _shows(found: NodeReport, where: str, report: Report) -> bool:
    return found.inner is not None and found.inner is report.of(where)
