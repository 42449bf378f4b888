"""A piece of a drawing as text: what the clipboard carries between windows."""

from __future__ import annotations

import json
from collections.abc import Collection, Container, Iterable
from dataclasses import replace

from app.core.graph.model import Graph, Node, Project, Wire
from app.core.graph.names import free_name
from app.core.storage.files import Unreadable
from app.core.storage.format import Reading, node_to_dict, wire_to_dict

KIND = "netloom-fragment"


def to_text(project: Project, where: str, names: Collection[str]) -> str:
    """These nodes and the wires among them."""
    graph = project.graph_of(where)
    nodes = [node for node in graph.nodes.values() if node.name in names]
    wires = [wire for wire in graph.wires if wire.source in names and wire.target in names]
    entry = {
        "format": KIND,
        "nodes": [node_to_dict(node) for node in nodes],
        "wires": [wire_to_dict(wire) for wire in wires],
    }
    return json.dumps(entry, ensure_ascii=False, indent=1)


def from_text(text: str) -> tuple[tuple[Node, ...], tuple[Wire, ...]]:
    """The nodes and wires of a fragment.

    Raises:
        Unreadable: if the text is no fragment.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or data.get("format") != KIND:
        raise Unreadable("The clipboard holds no layers. Copy some layers first.")
    graph: Graph = Reading().nodes_and_wires(data)
    if not graph.nodes:
        raise Unreadable("The clipboard holds no layers. Copy some layers first.")
    return tuple(graph.nodes.values()), graph.wires


def renamed(
    nodes: Iterable[Node], wires: Iterable[Wire], taken: Container[str], shift: tuple[float, float] = (0.0, 0.0)
) -> tuple[tuple[Node, ...], tuple[Wire, ...]]:
    """The same piece with names that are free, moved by ``shift``; weights shared inside stay shared inside."""
    names: dict[str, str] = {}
    used: set[str] = set()

    class Both:
        def __contains__(self, name: object) -> bool:
            return name in used or name in taken

    nodes = tuple(nodes)
    for node in nodes:
        names[node.name] = free_name(node.name, Both())
        used.add(names[node.name])
    fresh = tuple(
        replace(
            node,
            name=names[node.name],
            shares=names.get(node.shares) if node.shares is not None else None,
            position=(node.position[0] + shift[0], node.position[1] + shift[1]),
        )
        for node in nodes
    )
    return fresh, tuple(replace(w, source=names[w.source], target=names[w.target]) for w in wires)
