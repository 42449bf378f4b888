"""The paths of data in a drawing's file: relative where the data lies beside the drawing or below it, so that a folder
that is moved or sent as a whole is found again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from app.core.graph.model import Project
from app.core.graph.seen import key_of, reads_files, seen_of


def told_from(project: Project, drawing: Path) -> Project:
    """The project with the paths of data below the folder of the file ``drawing`` told from there."""
    folder = os.path.dirname(os.path.abspath(drawing))

    def relative(text: str) -> str:
        if not os.path.isabs(text):
            return text
        try:
            below = Path(text).relative_to(folder)
        except ValueError:
            return text
        return below.as_posix() if below.parts else text

    return _with_paths(project, relative)


def found_from(project: Project, drawing: Path) -> Project:
    """The project with paths that are told from the folder of the file ``drawing`` as whole ones. One that leads to
    something only from where the program was started keeps its meaning."""
    folder = os.path.dirname(os.path.abspath(drawing))

    def whole(text: str) -> str:
        if not text or os.path.isabs(text) or text[1:3] in (":\\", ":/") or "\0" in text:
            return text
        there = os.path.normpath(os.path.join(folder, text.replace("\\", "/")))
        return there if os.path.exists(there) or not os.path.exists(text) else os.path.abspath(text)

    return _with_paths(project, whole)


def _with_paths(project: Project, changed: Callable[[str], str]) -> Project:
    """The project with other paths in its sources; what was seen of their data goes along."""
    nodes, schemas = [], {}
    for node in project.graph.nodes.values():
        for name in reads_files(node):
            text = node.params.get(name)
            if isinstance(text, str) and changed(text) != text:
                moved = node.with_param(name, changed(text))
                key, seen = key_of(moved), seen_of(project.schemas, node)
                if key is not None and seen is not None:
                    schemas[key] = seen
                node = moved
                nodes.append(node)
    if not nodes:
        return project
    graph = project.graph.with_nodes(*nodes)
    return replace(project, graph=graph, schemas=MappingProxyType({**project.schemas, **schemas}))
