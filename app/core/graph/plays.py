"""Whether a drawing learns to play."""

from __future__ import annotations

from app.core.graph.model import Project
from nodes.api.registry import find


def plays(project: Project) -> bool:
    """Whether some of its data comes of playing, so that policy, memory and slow copy of its recipe count."""
    layers = (find(each) for each in project.graph.types)
    return any(layer is not None and layer.source is not None and layer.source.plays for layer in layers)
