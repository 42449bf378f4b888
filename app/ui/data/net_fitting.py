"""What is known of the data of a source on the canvas, and what makes the net fit it."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.commands import Refused
from app.core.graph.model import Node, Project
from app.core.graph.roles import role_of
from app.core.graph.seen import seen_of
from app.core.graph.seen_schema import SeenSchema
from app.core.starting.exchange import SourceExchange, exchange
from app.data.source_looks import schema_of
from nodes.api import Schema, Shape
from nodes.api.registry import find


def seen_of_source(project: Project, node: Node) -> SeenSchema | None:
    """What is known of a source's data: as its files were seen, or as its settings say where it reads none."""
    seen = seen_of(project.schemas, node)
    layer = find(node.type)
    if seen is not None or layer is None or layer.source is None or layer.source.looked_at:
        return seen
    try:
        return SeenSchema(schema_of(layer, layer.settings(node.params)))
    except ValueError as reason:
        return SeenSchema(None, str(reason))


def fitting(
    project: Project, name: str, schema: Schema | None, before: Mapping[str, Shape] | None = None
) -> SourceExchange | None:
    """What makes the net fit the data that its source has now; None if it fits, or nothing helps. ``before`` are the
    fields that it was made for."""
    node = project.graph.nodes.get(name)
    layer = find(node.type) if node is not None else None
    if node is None or layer is None or schema is None or role_of(node) != "source":
        return None
    if not project.graph.out_of(name):
        return None
    try:
        done = exchange(project, name, layer, node.params, schema, before)
    except (Refused, KeyError):
        return None
    return done if done.changes else None
