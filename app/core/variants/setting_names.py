"""What somebody means by the words of a setting, and where in a drawing something varies."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.graph.blocks import along
from app.core.graph.model import Project
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
    return tuple(each for each in marked(project) if (where, node) in along(project, each.name.rpartition(".")[0]))
