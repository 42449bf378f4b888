"""A piece of a drawing as text: what the clipboard carries between windows, with the blocks that it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.core.graph.blocks import contains, free_block_name
from app.core.graph.frames import Frame
from app.core.graph.model import BLOCK_PREFIX, EMPTY, Block, Graph, Node, Project, Wire, block_of
from app.core.graph.names import free_name
from app.core.storage.files import UnreadableDrawing, read_text
from app.core.storage.format import FORMAT, ProjectReading, block_to_dict, frames_entry, node_to_dict, wire_to_dict

KIND = "netloom-fragment"


@dataclass(frozen=True)
class Fragment:
    """Nodes, the wires among them, the blocks they are instances of, and frames and notes."""

    nodes: tuple[Node, ...]
    wires: tuple[Wire, ...] = ()
    blocks: Mapping[str, Block] = field(default_factory=lambda: EMPTY)
    frames: tuple[Frame, ...] = ()
    complaints: tuple[str, ...] = ()  # a sentence for everything that could not be used as it stood in the text


def to_text(project: Project, where: str, names: Collection[str], frames: Collection[str] = ()) -> str:
    """These nodes, the wires among them, their blocks, and these frames."""
    graph = project.graph_of(where)
    nodes = [node for node in graph.nodes.values() if node.name in names]
    wires = [wire for wire in graph.wires if wire.source in names and wire.target in names]
    entry = {
        "format": KIND,
        "nodes": [node_to_dict(node) for node in nodes],
        "wires": [wire_to_dict(wire) for wire in wires],
        **frames_entry(frame for name, frame in graph.frames.items() if name in frames),
    }
    used = {block for node in nodes if (block := block_of(node.type)) is not None}
    blocks = {
        name: block_to_dict(block)
        for name, block in project.blocks.items()
        if any(contains(project, outer, name) for outer in used)
    }
    if blocks:
        entry["blocks"] = blocks  # type: ignore[assignment]
    return json.dumps(entry, ensure_ascii=False, indent=1)


def from_text(text: str) -> Fragment:
    """What a text from the clipboard holds: layers that were copied, or the whole text of a drawing's file.

    Raises:
        UnreadableDrawing: if the text is neither.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict) and data.get("format") == KIND:
        reading = ProjectReading()
        project, complaints = reading.project(data), tuple(reading.complaints)
    elif _is_drawing(data, text):
        opened = read_text(text.encode("utf-8", "backslashreplace"), "The drawing on the clipboard")
        project, complaints = opened.project, opened.complaints
    else:
        raise UnreadableDrawing("The clipboard holds no layers. Copy some layers first.")
    if not project.graph.nodes and not project.graph.frames:
        raise UnreadableDrawing("The clipboard holds no layers. Copy some layers first.")
    graph = project.graph
    frames = tuple(graph.frames.values())
    return Fragment(tuple(graph.nodes.values()), graph.wires, project.blocks, frames, complaints)


def _is_drawing(data: object, text: str) -> bool:
    """Whether a text is that of a drawing's file, also of one that is damaged and so gave no ``data``."""
    if data is not None:
        return isinstance(data, dict) and data.get("format") == FORMAT
    return re.match(r'\ufeff?\s*(?:<{7}.*\s*)?\{\s*"format":\s*"' + FORMAT + '"', text) is not None


def fitted(fragment: Fragment, project: Project) -> Fragment:
    """The fragment as ``project`` can take it up: ``blocks`` are those it lacks, under names that are free there.

    A block that the project has already, equal in everything but places and notes, is used again.
    """
    known = {name for name, block in fragment.blocks.items() if _same(block, project.blocks.get(name))}
    while True:  # a block that uses another one that differs is itself another
        differing = {
            name
            for name in known
            if any(
                used in fragment.blocks and used not in known
                for node in fragment.blocks[name].graph.nodes.values()
                if (used := block_of(node.type)) is not None
            )
        }
        if not differing:
            break
        known -= differing
    names: dict[str, str] = {}
    taken = project
    for name, block in fragment.blocks.items():
        if name not in known:
            names[name] = free_block_name(taken, name)
            taken = taken.with_block(names[name], block)
    blocks = {
        names[name]: replace(block, graph=_retyped(block.graph, names))
        for name, block in fragment.blocks.items()
        if name in names
    }
    nodes = tuple(_node(node, names) for node in fragment.nodes)
    return replace(fragment, nodes=nodes, blocks=blocks)


def _same(one: Block, other: Block | None) -> bool:
    return (
        other is not None
        and list(one.graph.nodes) == list(other.graph.nodes)
        and all(node.same_meaning(other.graph.nodes[name]) for name, node in one.graph.nodes.items())
        and one.graph.wires == other.graph.wires
        and one.exposed == other.exposed
    )


def _retyped(graph: Graph, names: Mapping[str, str]) -> Graph:
    return graph.with_nodes(*(_node(node, names) for node in graph.nodes.values()))


def _node(node: Node, names: Mapping[str, str]) -> Node:
    block = block_of(node.type)
    return replace(node, type=BLOCK_PREFIX + names[block]) if block is not None and block in names else node


def renamed(
    nodes: Iterable[Node], wires: Iterable[Wire], taken: Container[str], shift: tuple[float, float] = (0.0, 0.0)
) -> tuple[tuple[Node, ...], tuple[Wire, ...]]:
    """The same piece with names that are free, moved by ``shift``; weights shared inside stay shared inside."""
    names: dict[str, str] = {}
    used: set[str] = set()
    nodes = tuple(nodes)
    for node in nodes:
        names[node.name] = free_name(node.name, used, taken)
        used.add(names[node.name])
    fresh = tuple(
        replace(
            node,
            name=names[node.name],
            shares=names.get(node.shares) if node.shares is not None else None,
            position=node.moved(*shift).position,
        )
        for node in nodes
    )
    return fresh, tuple(wire.renamed(names) for wire in wires)
