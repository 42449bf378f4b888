"""Edits of settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.commands.base import Command, Refused, existing, listed
from app.core.graph.blocks import param_of
from app.core.graph.model import MAIN, Graph, Project, block_of
from nodes.api import BadSetting


def title_of(project: Project, where: str, names: Sequence[str], param: str) -> str:
    """What these layers call a setting: the student's word where they agree on one, else torch's. A block's setting
    goes by the name that the block gave it, unless that is torch's."""
    if where != MAIN and where not in project.blocks:
        return param.replace("_", " ")
    nodes = project.graph_of(where).nodes
    declared = [param_of(project, nodes[name], param) for name in names if name in nodes]
    titles = {each.title if each is not None and each.name == param else "" for each in declared}
    return (titles.pop() if len(titles) == 1 else "") or param.replace("_", " ")


@dataclass(frozen=True)
class SetSetting(Command):
    """Give one setting of some nodes a new value; typing in one field merges."""

    names: tuple[str, ...] = ()
    param: str = ""
    value: Any = None

    @property
    def step_title(self) -> str:
        return f"Set {self.param.replace('_', ' ')} of {listed(self.names)}"

    def title_in(self, project: Project) -> str:
        return f"Set {title_of(project, self.where, self.names, self.param)} of {listed(self.names)}"

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
                changed.append(node.with_param(self.param, param.check(self.value)))
            except BadSetting as bad:
                raise Refused(f"{name}: {bad}") from None
        return graph.with_nodes(*changed)


@dataclass(frozen=True)
class SetEach(Command):
    """Give one setting of some nodes new values, each node its own; typing in one field merges."""

    param: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def step_title(self) -> str:
        return f"Set {self.param.replace('_', ' ')} of {listed(tuple(self.values))}"

    def title_in(self, project: Project) -> str:
        return f"Set {title_of(project, self.where, tuple(self.values), self.param)} of {listed(tuple(self.values))}"

    @property
    def merge_key(self) -> object:
        return ("setting", self.where, tuple(self.values), self.param)

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
        return f"Reset all settings of {listed(self.names)}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        for param in self.params:
            graph = ResetSetting(self.where, self.names, param).edit(graph, project)
        return graph


@dataclass(frozen=True)
class ResetSetting(Command):
    """Give one setting of some nodes its default; a setting the layer does not have is dropped."""

    names: tuple[str, ...] = ()
    param: str = ""

    @property
    def step_title(self) -> str:
        return f"Reset {self.param.replace('_', ' ')} of {listed(self.names)}"

    def title_in(self, project: Project) -> str:
        return f"Reset {title_of(project, self.where, self.names, self.param)} of {listed(self.names)}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        changed = []
        for name in self.names:
            node = existing(graph, name)
            param = param_of(project, node, self.param)
            if param is None or block_of(node.type) is not None:
                rest = {key: value for key, value in node.params.items() if key != self.param}
                changed.append(replace(node, params=rest))
            else:
                changed.append(node.with_param(self.param, param.default))
        return graph.with_nodes(*changed)
