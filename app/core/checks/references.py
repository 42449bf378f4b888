"""Layers that others name: why a node cannot use the weights of one, and why a loss cannot train some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.graph.blocks import kind_words
from app.core.graph.model import Graph, Node
from app.core.graph.shared_weights import same_weights, weights_owner
from app.core.reports import GraphReport, NodeReport
from nodes.api import Built, cut, listed


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


def why_no_updates(graph: Graph, updates: Sequence[str], reports: Mapping[str, NodeReport]) -> str:
    """Why a loss cannot train these layers, in a sentence; empty if it can."""
    missing = [name for name in updates if name not in graph.nodes]
    if missing:
        return f"It should train {cut(missing[0])}, but there is no such layer here. Choose others, or none for all."
    if any(_may_learn(graph.nodes[name], reports[name]) for name in updates):
        return ""
    return (
        f"It should train {listed(updates, ' and ')} alone, but nothing can be learned there. "
        "Choose layers with weights, or none for all."
    )


def _may_learn(node: Node, found: NodeReport) -> bool:
    """Whether a layer has weights, its own or another's. Of one with a problem, or behind one, nobody knows."""
    unknown = found.waiting or found.problems
    return bool(found.parameters or unknown or node.shares is not None) and not node.bypassed
