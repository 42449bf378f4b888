"""The roles of nodes: data, layers, augmentations, losses, outputs, ports of blocks; and what plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api.registry import find

if TYPE_CHECKING:
    from app.core.graph.model import Graph, Node, Project


def role_of(node: Node) -> str:
    """The role of a node's layer: ``layer`` for blocks, and for types that are not known."""
    return type_role(node.type)


def type_role(node_type: str) -> str:
    """The role of a type of nodes, as of ``role_of``."""
    layer = find(node_type)
    return layer.role if layer is not None else "layer"


def in_role(graph: Graph, *roles: str) -> list[Node]:
    """The nodes whose layers have one of these roles, in the order of the drawing."""
    types = {each for each in graph.types if type_role(each) in roles}
    return [node for node in graph.nodes.values() if node.type in types] if types else []


def plays(project: Project) -> bool:
    """Whether some of its data comes of playing, so that policy, memory and slow copy of its recipe count."""
    layers = (find(each) for each in project.graph.types)
    return any(layer is not None and layer.source is not None and layer.source.plays for layer in layers)
