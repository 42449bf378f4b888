"""Where somebody left off, as the start page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.graph.model import Project


@dataclass(frozen=True)
class LastSession:
    """Where somebody left off: what the drawing is called, the drawing, and in words how well it was trained."""

    name: str
    project: Project
    trained: str = ""
    result: str = ""
