"""Blocks that contain themselves, found without following what arrives in them."""

from __future__ import annotations

from app.core.checks.problems import Problem, RemoveNode
from app.core.graph.model import Node, Project, block_of
from nodes.api import listed


def circular(project: Project, node: Node) -> tuple[Problem, ...]:
    """The problem of an instance whose block contains itself, at the node that closes the circle; empty if none does.

    Inference meets it by itself where it goes inside. Where nothing arrives it does not.
    """
    start = block_of(node.type)
    if start is None or start not in project.blocks:
        return ()
    todo: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [(start, (node.name,), (start,))]
    seen: set[str] = set()
    while todo:
        block, path, chain = todo.pop()
        if block in seen:
            continue
        seen.add(block)
        for inner in project.blocks[block].graph.nodes.values():
            used = block_of(inner.type)
            if used in chain:
                way = listed((*chain[chain.index(used) :], used), " → ")
                sentence = f"The block {used} contains itself ({way}). Remove this node."
                return (Problem("/".join((*path, inner.name)), sentence, "block", (RemoveNode(),)),)
            if used is not None and used in project.blocks:
                todo.append((used, (*path, inner.name), (*chain, used)))
    return ()
