"""Edits of shared weights: a layer that uses those of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.core.commands.base import Command, Refused, existing
from app.core.graph.blocks import kind_words, learns
from app.core.graph.model import Graph, Project
from app.core.graph.shared_weights import same_weights
from nodes.api import sentence_case


def could_share(graph: Graph, name: str) -> Iterator[str]:
    """The layers whose weights the layer ``name`` could use: of its type, and not using its own in turn."""
    node = graph.nodes.get(name)
    if node is None or not learns(node):
        return iter(())
    # What holds for all is asked once: a sentence for each of hundreds of others would be made to be thrown away.
    types = {each for each in graph.types if same_weights(node.type, each)}
    alike = [other for other in graph.nodes.values() if other.type in types and other is not node]
    return (each.name for each in alike if each.shares is None or why_not_share(graph, name, each.name) is None)


def why_not_share(graph: Graph, name: str, owner: str) -> str | None:
    """Why a layer cannot use the weights of ``owner`` whatever their settings are, in a sentence, or None."""
    node, other = graph.nodes.get(name), graph.nodes.get(owner)
    if node is None or other is None:
        return f"There is no layer named {name if node is None else owner} here."
    if node is other:
        return f"{name} has its own weights anyway."
    if not same_weights(node.type, other.type):
        return f"{name} cannot use the weights of {owner}, which is {kind_words(other)} and not {kind_words(node)}."
    if not learns(node):
        return f"{sentence_case(kind_words(node))} has no weights that could be shared."
    seen = {owner}
    while other is not None and other.shares is not None and other.shares not in seen:
        seen.add(other.shares)
        other = graph.nodes.get(other.shares)
    if name in seen:
        return f"{owner} uses the weights of {name} already. Give {owner} its own first."
    return None


@dataclass(frozen=True)
class ShareWeights(Command):
    """Let a layer use the weights of another, or with no ``owner`` have its own again.

    That both have the same settings and inputs is not asked for here: inference says where they differ.
    """

    name: str = ""
    owner: str | None = None

    @property
    def step_title(self) -> str:
        if self.owner is None:
            return f"Give {self.name} its own weights"
        return f"Let {self.name} use the weights of {self.owner}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        node = existing(graph, self.name)
        why = why_not_share(graph, self.name, self.owner) if self.owner is not None else None
        if why is not None:
            raise Refused(why)
        return graph.with_nodes(replace(node, shares=self.owner))
