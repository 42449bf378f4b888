"""What every edit is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.core.graph.blocks import param_of
from app.core.graph.model import MAIN, Graph, Node, Project
from app.core.graph.renames import NO_RENAMES, Renames


class Refused(ValueError):
    """An edit that cannot be done. The message is a sentence for the student; nothing has changed."""


@dataclass(frozen=True)
class Command:
    """An edit of the graph ``where`` (``MAIN`` or the name of a block).

    A subclass says its ``title``, in which ``{0.name}`` stands for its field of that name, and overrides ``edit``, or
    ``apply`` if it changes more than one graph. Edits in a row with the same ``merge_key`` become one step of undo.
    """

    where: str = MAIN
    title: ClassVar[str] = "Edit"

    @property
    def step_title(self) -> str:
        """The words of the undo menu."""
        return self.title.format(self)

    @property
    def merge_key(self) -> object:
        """Equal keys merge; None never does."""
        return None

    @property
    def renames(self) -> Renames:
        """What has another name afterwards."""
        return NO_RENAMES

    def title_in(self, project: Project) -> str:
        """The words of the undo menu for this edit of ``project``, with the labels that its layers' settings have."""
        return self.step_title

    def apply(self, project: Project) -> Project:
        """The project after the edit.

        Raises:
            Refused: if the edit cannot be done.
        """
        return project.with_graph(self.where, self.edit(graph_named(project, self.where), project))

    def edit(self, graph: Graph, project: Project) -> Graph:
        """The graph after the edit."""
        return graph


@dataclass(frozen=True)
class SettingCommand(Command):
    """An edit of a setting; in its ``title`` ``{0}`` stands for what the setting is called, ``{1}`` for its nodes."""

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes that have the setting."""
        raise NotImplementedError

    @property
    def param(self) -> str:
        """The setting, as torch calls it."""
        raise NotImplementedError

    @property
    def step_title(self) -> str:
        return self.title.format(self.param.replace("_", " "), layers_in_short(self.names))

    def title_in(self, project: Project) -> str:
        return self.title.format(title_of(project, self.where, self.names, self.param), layers_in_short(self.names))


def title_of(project: Project, where: str, names: Sequence[str], param: str) -> str:
    """What these layers call a setting: the student's word where they agree on one, else torch's. A block's setting
    goes by the name that the block gave it, unless that is torch's."""
    if where != MAIN and where not in project.blocks:
        return param.replace("_", " ")
    nodes = project.graph_of(where).nodes
    declared = [param_of(project, nodes[name], param) for name in names if name in nodes]
    titles = {each.title if each is not None and each.name == param else "" for each in declared}
    return (titles.pop() if len(titles) == 1 else "") or param.replace("_", " ")


def graph_named(project: Project, where: str) -> Graph:
    """The graph that an edit is about.

    Raises:
        Refused: if there is no such block.
    """
    try:
        return project.graph_of(where)
    except KeyError:
        raise Refused(f"There is no block named {where} in this drawing.") from None


def existing(graph: Graph, name: str) -> Node:
    """The node of that name.

    Raises:
        Refused: if there is none.
    """
    node = graph.nodes.get(name)
    if node is None:
        raise Refused(f"There is no layer named {name} here.")
    return node


def layers_in_short(names: tuple[str, ...]) -> str:
    """A few names for a title: ``conv1``, or ``5 layers``."""
    return names[0] if len(names) == 1 else f"{len(names)} layers"
