"""Freezes the lower part of a net, or lets it learn again, as one step."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.commands.project import EditAll
from app.core.commands.settings import SetSetting
from app.core.graph.model import Project
from app.core.weights.freezing import freezable_up_to


def freezing(project: Project, where: str, names: Iterable[str], frozen: bool = True) -> EditAll | None:
    """The step that freezes the layers up to ``names`` of a graph, or lets them learn; None if all are so already."""
    names = tuple(names)
    edits = []
    for place, layers in freezable_up_to(project, where, names).items():
        nodes = project.graph_of(place).nodes
        others = tuple(name for name in layers if bool(nodes[name].params.get("frozen", False)) != frozen)
        if others:
            edits.append(SetSetting(place, others, "frozen", frozen))
    word = "Freeze" if frozen else "Unfreeze"
    return EditAll(commands=tuple(edits), text=f"{word} up to {names[-1]}") if edits else None
