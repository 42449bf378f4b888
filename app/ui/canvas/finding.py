"""Finds layers of a drawing by name, type, words or path, also inside its blocks. No widgets here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.core.graph.model import MAIN, Node, Project, block_of
from nodes.api.registry import CATEGORIES, find


@dataclass(frozen=True, slots=True)
class FoundLayer:
    """One layer. ``path`` (``block1/conv2``) leads to it from the graph ``root``; it stands in ``where``."""

    where: str
    name: str
    path: str
    root: str
    type_word: str
    category: str
    words: tuple[str, ...]  # in small letters


def everything(project: Project, here: str = MAIN) -> list[FoundLayer]:
    """Every layer once: those of the graph ``here`` first, then the others as they are reached from the drawing.

    A block that is used several times is looked into once, through its first use; one that is not used at all is its
    own root.
    """
    entries: list[FoundLayer] = []
    seen: set[str] = set()
    for root in (MAIN, *project.blocks):
        if root not in seen:
            entries.extend(_inside(project, root, root, "", seen))
    entries.sort(key=lambda entry: entry.where != here)  # stable: the rest keeps its order
    return entries


def _inside(project: Project, where: str, root: str, before: str, seen: set[str]) -> Iterator[FoundLayer]:
    seen.add(where)
    nodes = sorted(project.graph_of(where).nodes.values(), key=lambda node: node.position[0])
    for node in nodes:
        yield _entry(project, node, where, root, before)
    for node in nodes:
        block = block_of(node.type)
        if block is not None and block in project.blocks and block not in seen:
            yield from _inside(project, block, root, f"{before}{node.name}/", seen)


def _entry(project: Project, node: Node, where: str, root: str, before: str) -> FoundLayer:
    block = block_of(node.type)
    words: tuple[str, ...]
    if block is not None:
        words, category, type_word = ("block", block), "block", block
    else:
        layer = find(node.type)
        category = layer.category if layer is not None else "unknown"
        type_word = layer.name if layer is not None else node.type
        family = CATEGORIES.get(category, category)
        words = (node.type, type_word, family, *(layer.words if layer is not None else ()))
    notes = (node.note,) if node.note else ()
    spoken = tuple(word.lower() for word in (*words, *notes))
    return FoundLayer(where, node.name, before + node.name, root, type_word, category, spoken)


def matching(entries: Iterable[FoundLayer], text: str) -> list[FoundLayer]:
    """The layers that answer a search, the best first; the order of equals stays. An empty search finds nothing.

    Names come before types, types before other words. A text with a slash is looked for in the path.
    """
    wanted = text.lower().split()
    if not wanted:
        return []
    ranked = [(level, entry) for entry in entries if (level := _rank(entry, wanted)) is not None]
    ranked.sort(key=lambda pair: pair[0])
    return [entry for _, entry in ranked]


def _rank(entry: FoundLayer, wanted: list[str]) -> int | None:
    name, path = entry.name.lower(), entry.path.lower()
    worst = 0
    for part in wanted:
        if "/" in part:
            level = 0 if path.endswith(part) or path.startswith(part) else 1 if part in path else None
        elif name.startswith(part):
            level = 0
        elif part in name:
            level = 1
        elif any(word.startswith(part) for word in entry.words):
            level = 2
        elif any(part in word for word in entry.words):
            level = 3
        else:
            level = None
        if level is None:
            return None
        worst = max(worst, level)
    return worst
