"""The layers that a loss updates: why it cannot train them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from app.core.graph.model import Graph, Node
from nodes.api import cut, listed

if TYPE_CHECKING:
    from app.core.inference import NodeReport


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
