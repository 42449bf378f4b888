"""Edits of settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from app.core.commands.base import Command, Refused, SettingCommand, existing, layers_in_short
from app.core.graph.blocks import exposed_as, param_of
from app.core.graph.model import Graph, Project
from nodes.api import BadSetting
from nodes.api.registry import find


@dataclass(frozen=True)
class SetSetting(SettingCommand):
    """Give one setting of some nodes a new value; typing in one field merges."""

    names: tuple[str, ...] = ()
    param: str = ""
    value: Any = None
    title = "Set {0} of {1}"

    @property
    def merge_key(self) -> object:
        return ("setting", self.where, self.names, self.param)

    def edit(self, graph: Graph, project: Project) -> Graph:
        changed = []
        for name in self.names:
            node = existing(graph, name)
            param = param_of(project, node, self.param)
            if param is None:
                raise Refused(f"{name} has no setting {self.param}.")
            try:
                made = node.with_param(self.param, param.check(self.value))
            except BadSetting as bad:
                raise Refused(f"{name}: {bad}") from None
            layer = find(node.type)
            if layer is not None and layer.is_rare(param) and made.params[self.param] == param.default:
                # A node has this setting only where it is not as usual; a file that is read has it so, too.
                made = made.without_params(self.param)
            changed.append(made)
        return graph.with_nodes(*changed)


@dataclass(frozen=True)
class SetEach(SettingCommand):
    """Give one setting of some nodes new values, each node its own; typing in one field merges."""

    param: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    title = "Set {0} of {1}"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.values)

    @property
    def merge_key(self) -> object:
        return ("setting", self.where, self.names, self.param)

    def edit(self, graph: Graph, project: Project) -> Graph:
        for name, value in self.values.items():
            graph = SetSetting(self.where, (name,), self.param, value).edit(graph, project)
        return graph


@dataclass(frozen=True)
class ResetSettings(Command):
    """Give several settings of some nodes their defaults."""

    names: tuple[str, ...] = ()
    params: tuple[str, ...] = ()

    @property
    def step_title(self) -> str:
        return f"Reset all settings of {layers_in_short(self.names)}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        for param in self.params:
            graph = ResetSetting(self.where, self.names, param).edit(graph, project)
        return graph


@dataclass(frozen=True)
class ResetSetting(SettingCommand):
    """Give one setting of some nodes its default; a setting the layer does not have is dropped."""

    names: tuple[str, ...] = ()
    param: str = ""
    title = "Reset {0} of {1}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        changed = []
        for name in self.names:
            node = existing(graph, name)
            param = param_of(project, node, self.param)
            layer = find(node.type)
            if param is None or layer is None or layer.is_rare(param):  # blocks, too, have only what is not as usual
                changed.append(node.without_params(self.param))
            else:
                changed.append(node.with_param(self.param, param.default))
        return graph.with_nodes(*changed)


_Edit = TypeVar("_Edit", bound=SetSetting | ResetSetting)


def where_it_stands(project: Project, edit: _Edit, instances: Iterable[tuple[str, str]]) -> _Edit:
    """The edit of a setting in a block, made where its value stands: in the outermost of the ``instances`` around, by
    graph and name and the innermost first, that gives the block a value of its own."""
    for where, instance in instances:
        entry = exposed_as(project, edit.where, edit.names[0], edit.param)
        if entry is None or entry.name not in project.graph_of(where).nodes[instance].params:
            break
        edit = replace(edit, where=where, names=(instance,), param=entry.name)
    return edit
