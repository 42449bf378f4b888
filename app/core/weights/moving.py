"""Where the weights of a layer are after edits that give it another name or put it elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.core.graph.model import MAIN, Node, Project, block_of


@dataclass(frozen=True)
class RenamedLayer:
    """A layer of the graph ``where`` (the main one, or a block) has another name since, in ``project``. In the main
    graph a name may lead into a block or out of one: ``conv1``, ``block1.conv1``."""

    where: str
    old: str
    new: str
    project: Project

    def key(self, key: str) -> str:
        """The name of a weight, such as ``layer1.0.conv1.weight``, after this."""
        if self.where == MAIN:
            return f"{self.new}{key[len(self.old) :]}" if f"{key}.".startswith(f"{self.old}.") else key
        parts = key.split(".")
        for place, where, _ in nodes_along(self.project, parts, self.old, self.new, self.where):
            if where == self.where and parts[place] == self.old:
                parts[place] = self.new
        return ".".join(parts)


def key_after(key: str, moves: Iterable[RenamedLayer]) -> str:
    """The name of a weight after all of these, one after the other."""
    for move in moves:
        key = move.key(key)
    return key


@dataclass(frozen=True)
class LayerUse:
    """A layer, as one use of it: ``path`` with the numbers of repetitions (``layer1.0.conv1``), ``name`` as a drawing
    shows it (``layer1/conv1``)."""

    path: str
    name: str
    node: Node


def use_of(project: Project, key: str) -> LayerUse | None:
    """The layer that a weight belongs to; None for one of no layer of the drawing."""
    parts, names = key.split("."), []
    for place, _, node in nodes_along(project, parts):
        names.append(node.name)
        if block_of(node.type) is None:
            return LayerUse(".".join(parts[: place + 1]), "/".join(names), node)
    return None


def nodes_along(
    project: Project, parts: list[str], old: str = "", new: str = "", inside: str = MAIN
) -> Iterator[tuple[int, str, Node]]:
    """The nodes that the parts of a weight's name lead through: the place of each among the parts, its graph, and the
    node. In the graph ``inside``, ``old`` is called ``new``."""
    where, place = MAIN, 0
    while place < len(parts):
        graph = project.graph_of(where)
        part = new if old and where == inside and parts[place] == old else parts[place]
        node = graph.nodes.get(part)
        if node is None:
            return
        yield place, where, node
        block = block_of(node.type)
        if block is None or block not in project.blocks:
            return
        where = block
        place += 2 if node.repeat > 1 else 1
