"""What somebody means by the words of a setting, and where in a drawing something varies."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.graph.model import MAIN, Project, block_of
from app.core.variants.axes import SweepAxis
from app.core.variants.drawings import spoken
from app.core.variants.marks import marked


def meant(names: Sequence[str], project: Project, text: str) -> str:
    """The name of the setting that somebody typed, by that name or as it is called beside its field."""
    typed = text.strip()
    if typed in names:
        return typed
    return next((name for name in names if spoken(project, name).casefold() == typed.casefold()), typed)


def varied_at(project: Project, where: str, node: str) -> tuple[SweepAxis, ...]:
    """What is marked to vary of a node of the graph ``where``: a setting of its own, or, of a block, one inside."""
    return tuple(each for each in marked(project) if (where, node) in _way(project, each.name))


def _way(project: Project, name: str) -> set[tuple[str, str]]:
    """The nodes on the way to a setting such as ``block1/conv1.out_channels``, each with the graph it stands in."""
    path, dot, _ = name.rpartition(".")
    found, where = set(), MAIN
    for word in path.split("/") if dot else ():
        graph = project.graph if where == MAIN else project.blocks[where].graph if where in project.blocks else None
        node = graph.nodes.get(word) if graph is not None else None
        if node is None:
            break
        found.add((where, word))
        where = block_of(node.type) or ""
        if not where:
            break
    return found
