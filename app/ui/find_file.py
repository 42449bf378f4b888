"""Asks for the file that a fix cannot know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from app.core.checks.fixes import command_at
from app.core.checks.problems import FindFile
from app.core.commands import Command
from app.core.graph.blocks import along
from app.core.graph.model import Project
from app.ui.dialogs import choose_file
from nodes.api import File
from nodes.api.registry import find


def find_file(
    parent: QWidget, project: Project, where: str, path: str, fix: FindFile, then: Callable[[Command], object]
) -> QFileDialog:
    """Ask for the file of the node at a path, and hand the edit that puts it in to ``then``."""
    *_, (graph, name) = along(project, path, where)
    node = project.graph_of(graph).nodes[name]
    layer = find(node.type)
    param = layer.param(fix.param) if layer is not None else None
    endings = param.endings if isinstance(param, File) else ()
    kinds = " ".join(f"*{ending}" for ending in endings)
    title = param.title if param is not None else fix.param
    filters = f"{title.capitalize()} ({kinds});;All files (*)" if kinds else "All files (*)"
    present = node.params.get(fix.param)
    folder = Path(present).parent if isinstance(present, str) and present else Path()

    def chosen(file: Path) -> None:
        command = command_at(project, where, path, replace(fix, path=str(file)))
        if command is not None:
            then(command)

    return choose_file(parent.window(), f"Choose: {title}", folder if folder.is_dir() else Path(), filters, chosen)
