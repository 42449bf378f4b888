"""Weights that several nodes use: whose they are, and why a node cannot use those of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.core.graph.blocks import kind_words
from app.core.graph.model import Graph, Node
from nodes.api import Built, cut
from nodes.api.registry import find

if TYPE_CHECKING:
    from app.core.inference import GraphReport, NodeReport


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


def why_no_sharing(graph: Graph, node: Node, reports: Mapping[str, NodeReport]) -> str | None:
    """Why a node of a graph that names a ``shares`` cannot use those weights, in a sentence, or None if it can."""
    owner = weights_owner(graph, node)
    if owner is None:
        if node.shares not in graph.nodes:
            lost = cut(node.shares or "")
            return f"It should use the weights of {lost}, but there is no such layer here. Let it have its own."
        return "The layers that share weights name each other in a circle. Let one of them have its own."
    if not same_weights(node.type, owner.type):
        return f"It cannot use the weights of {owner.name}, which is {kind_words(owner)} and not {kind_words(node)}."
    if node.repeat != owner.repeat:
        return (
            f"It cannot use the weights of {owner.name}: one is repeated {owner.repeat} times, this one {node.repeat}."
        )
    if owner.bypassed and not node.bypassed:
        return f"It cannot use the weights of {owner.name} while that layer is muted. Unmute it."
    mine, theirs = reports[node.name], reports[owner.name]
    if mine.problems or theirs.problems or mine.waiting or theirs.waiting or node.bypassed:
        return None
    if mine.built is not None and theirs.built is not None:
        same = _key(mine.built) == _key(theirs.built)
    else:
        same = _inner_keys(mine.inner) == _inner_keys(theirs.inner)
    if same:
        return None
    return (
        f"It cannot use the weights of {owner.name}: settings or input shapes differ. "
        "Give both the same settings and inputs, or let it have its own weights."
    )


def _key(built: Built) -> Any:
    return built.call.constructor, built.call.args, built.call.kwargs


def _inner_keys(inner: GraphReport | None) -> Any:
    if inner is None:
        return None
    return [
        (name, _key(report.built) if report.built else _inner_keys(report.inner))
        for name, report in inner.nodes.items()
    ]
