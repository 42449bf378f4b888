"""Which data of a drawing lies in files, and what was last seen of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.core.graph.roles import in_role
from app.core.graph.seen_schema import Key, SeenSchema
from nodes.api import BadSetting, Schema
from nodes.api.corrections import without_corrections
from nodes.api.registry import find

if TYPE_CHECKING:
    from app.core.graph.model import Graph, Node


def reads_files(node: Node) -> tuple[str, ...]:
    """The settings of a node that name the files of its data; none for any other node."""
    layer = find(node.type)
    return layer.source.paths if layer is not None and layer.source is not None else ()


def is_looked_at(node: Node) -> bool:
    """Whether a node's data has to be looked at before anybody knows what it is: it lies in files of the user's, or in
    those of a package."""
    layer = find(node.type)
    return layer is not None and layer.source is not None and layer.source.looked_at


def same_data(one: Graph, other: Graph) -> bool:
    """Whether two graphs have the same sources with the same settings, but for what is corrected of their samples."""
    return one is other or _sources(one) == _sources(other)


def _sources(graph: Graph) -> list[tuple[str, dict[str, Any]]]:
    found = ((node, find(node.type)) for node in in_role(graph, "source"))
    return [
        (node.type, without_corrections(node.params))
        for node, layer in found
        if layer is not None and layer.source is not None
    ]


def key_of(node: Node) -> Key | None:
    """Under which key what was seen of a node's data is kept; None for a node without files, or with a setting
    that is wrong."""
    layer = find(node.type)
    if layer is None or not is_looked_at(node):
        return None
    try:
        settings = layer.settings(node.params)
    except BadSetting:
        return None
    return node.type, json.dumps(without_corrections(settings), sort_keys=True)


def to_look_at(graph: Graph) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    """The data in files that a graph reads, each once: its key and its settings. Nothing where no file is chosen."""
    found: dict[Key, Mapping[str, Any]] = {}
    for node in in_role(graph, "source"):
        paths = reads_files(node)
        key, layer = key_of(node), find(node.type)
        if key is not None and layer is not None:
            settings = without_corrections(layer.settings(node.params))
            if all(settings[name] for name in paths):
                found[key] = settings
    yield from found.items()


def schema_now(schemas: Mapping[Key, SeenSchema], node: Node) -> Schema | None:
    """What was seen of a node's data with exactly its present settings."""
    key = key_of(node)
    seen = schemas.get(key) if key is not None else None
    return seen.schema if seen is not None else None


def seen_of(schemas: Mapping[Key, SeenSchema], node: Node) -> SeenSchema | None:
    """What was seen of a node's data. While nobody has looked with its present settings, what was seen of the same
    files with others stands in for it, so that nothing flickers."""
    key = key_of(node)
    if key is None or key in schemas:
        return schemas.get(key) if key is not None else None
    layer = find(node.type)
    assert layer is not None
    files = {name: layer.settings(node.params)[name] for name in reads_files(node)}
    for (type_id, text), seen in reversed(list(schemas.items())):
        if type_id == node.type and files.items() <= json.loads(text).items():
            return seen
    return None
