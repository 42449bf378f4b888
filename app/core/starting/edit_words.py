"""What an edit changes when a drawing is made to fit data, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.commands import (
    ChangeType,
    Command,
    InsertOnWire,
    SetSetting,
)
from app.core.commands.base import title_of
from app.core.graph.blocks import param_of
from app.core.graph.model import Project
from nodes.api.registry import find


def words_of_edit(project: Project, command: Command) -> str:
    """What it changes; empty for what need not be told."""
    match command:
        case SetSetting(where, names, param, value):
            node = project.graph_of(where).nodes[names[0]]
            known = param_of(project, node, param)
            title = title_of(project, where, names, param)
            shown: Callable[[Any], str] = known.format if known is not None else str
            return f"{names[0]}: {title} {shown(value)} instead of {shown(node.params.get(param))}"
        case ChangeType(_, name, type_):
            layer = find(type_)
            return f"{name} becomes {layer.name if layer is not None else type_}"
        case InsertOnWire(_, node, wire):
            layer = find(node.type)
            return f"{layer.name if layer is not None else node.type} comes before {wire.target}"
    return ""
