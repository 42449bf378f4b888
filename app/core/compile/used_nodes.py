"""Which nodes of a graph the compiled net has."""

from __future__ import annotations

from collections.abc import Collection

from app.core.checks.bypassing import without_unread
from app.core.graph.model import Graph
from app.core.graph.roles import in_role
from app.core.graph.shared_weights import weights_owner
from app.core.graph.topology import leading_to
from app.core.inference import GraphReport


def used_nodes(report: GraphReport, roles: Collection[str] = ("loss", "output")) -> frozenset[str]:
    """The nodes of a graph that lead to an end of one of these roles, or all if it has none. What a muted node does not
    hand on leads nowhere."""
    graph = report.graph
    ends = [node.name for node in in_role(graph, *roles) if not node.bypassed]
    if not ends:
        return frozenset(graph.nodes)
    bypassed = [name for name, node in graph.nodes.items() if node.bypassed]
    passes = {name: report.nodes[name].passes for name in bypassed if len(graph.into(name)) > 1}
    return without_unread(graph, passes, ends) if passes else leading_to(graph, ends)


def printed_nodes(report: GraphReport) -> frozenset[str]:
    """The nodes of a graph that the compiled net has: those that lead to an end (a loss, an output, a block's
    output), and those whose weights such a node uses. All if there is no end."""
    used = used_nodes(report, ("loss", "output", "block_out"))
    return used | lenders(report.graph, used)


def lenders(graph: Graph, used: frozenset[str]) -> frozenset[str]:
    """The nodes whose weights those that are ``used`` take."""
    sharing = [node for node in graph.nodes.values() if node.shares is not None and node.name in used]
    return frozenset(owner.name for node in sharing if (owner := weights_owner(graph, node)) is not None)
