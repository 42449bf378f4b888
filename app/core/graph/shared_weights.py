"""Weights that several nodes use: whose they are."""

from __future__ import annotations

from app.core.graph.model import Graph, Node
from nodes.api.registry import find


def weights_owner(graph: Graph, node: Node) -> Node | None:
    """The node whose weights ``node`` uses, itself if it shares none; None if the chain of sharing is broken.

    What is found is kept with the graph: a chain may be as long as the drawing.
    """
    if node.shares is None:
        return node
    kept: dict[str, str | None] = graph.__dict__.setdefault("_owners", {})
    chain, name = {node.name: None}, node.shares
    owner: str | None = None
    while (following := graph.nodes.get(name)) is not None and name not in chain:
        if name in kept or following.shares is None:
            owner = kept.get(name, name)
            break
        chain[name] = None
        name = following.shares
    if graph.nodes.get(node.name) is node:
        kept.update(dict.fromkeys(chain, owner))
    return graph.nodes[owner] if owner is not None else None


def same_weights(kind: str, owner: str) -> bool:
    """Whether a node of one type could use the weights of one of another: of its own, or of what it is made for."""
    layer = find(kind)
    return kind == owner or (layer is not None and layer.shares_with == owner != "")
