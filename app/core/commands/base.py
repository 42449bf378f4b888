"""What every edit is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.core.graph.model import MAIN, Graph, Node, Project
from app.core.graph.renames import NO_RENAMES, Renames


class Refused(ValueError):
    """An edit that cannot be done. The message is a sentence for the student; nothing has changed."""


@dataclass(frozen=True)
class Command:
    """An edit of the graph ``where`` (``MAIN`` or the name of a block).

    A subclass says its ``title`` and overrides ``edit``, or ``apply`` if it changes more than one graph. Edits in a
    row with the same ``merge_key`` become one step of undo.
    """

    where: str = MAIN
    title: ClassVar[str] = "Edit"

    @property
    def step_title(self) -> str:
        """The words of the undo menu."""
        return self.title

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
        try:
            graph = project.graph_of(self.where)
        except KeyError:
            raise Refused(f"There is no block named {self.where} in this drawing.") from None
        return project.with_graph(self.where, self.edit(graph, project))

    def edit(self, graph: Graph, project: Project) -> Graph:
        """The graph after the edit."""
        return graph


def existing(graph: Graph, name: str) -> Node:
    """The node of that name.

    Raises:
        Refused: if there is none.
    """
    node = graph.nodes.get(name)
    if node is None:
        raise Refused(f"There is no layer named {name} here.")
    return node


def listed(names: tuple[str, ...]) -> str:
    """A few names for a title: ``conv1``, or ``5 layers``."""
    return names[0] if len(names) == 1 else f"{len(names)} layers"
