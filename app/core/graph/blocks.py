"""Questions about blocks: where they are used, what they hold, which settings they expose. Nothing is changed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.graph.model import MAIN, Exposed, Node, Project, block_of
from app.core.graph.names import free_name
from app.core.graph.topology import inner_first, reached
from nodes.api import Param, with_article
from nodes.api.registry import find

MOST_LAYERS = 20_000  # that a drawing may unfold into; ResNet-152 has about 500
MOST_LEVELS = 40  # of blocks inside blocks


def instances(project: Project, block: str) -> Iterator[tuple[str, Node]]:
    """Every use of a block, as the graph it stands in and the node."""
    for where in (MAIN, *project.blocks):
        for node in project.graph_of(where).nodes.values():
            if block_of(node.type) == block:
                yield where, node


def along(project: Project, path: str, where: str = MAIN) -> Iterator[tuple[str, str]]:
    """Graph and name of each node along a path, the last one meant: ``block1/conv2`` leads through block1 to conv2 in
    the block that it is made of. Ends early at a node that is not there, or no instance of a block."""
    for name in path.split("/"):
        yield where, name
        node = project.graph_of(where).nodes.get(name)
        block = block_of(node.type) if node is not None else None
        if block is None or block not in project.blocks:
            return
        where = block


def in_use(project: Project, block: str) -> bool:
    """Whether the block stands anywhere but inside itself."""
    return any(where != block for where, _ in instances(project, block))


def contains(project: Project, outer: str, inner: str) -> bool:
    """Whether the block ``outer`` is ``inner``, or uses it, directly or through others."""

    def uses(name: str) -> Iterator[str]:
        block = project.blocks.get(name)
        nodes = block.graph.nodes.values() if block is not None else ()
        return (used for node in nodes if (used := block_of(node.type)) is not None)

    return outer == inner or inner in reached([outer], uses)


def why_recursive(project: Project, where: str, node_type: str) -> str | None:
    """Why a node of this type cannot stand in the graph ``where`` without a block containing itself, or None."""
    used = block_of(node_type)
    if used is None or where == MAIN or not contains(project, used, where):
        return None
    if used == where:
        return f"The block {where} cannot stand inside itself. Make another block, or repeat this one outside."
    return f"The block {used} uses {where}, so it cannot stand inside {where}. Make another block for this place."


def block_sizes(project: Project) -> Mapping[str, tuple[int, int]]:
    """For each block, how many layers one instance holds in the end, repeated ones as often as they stand there, and
    how many levels deep they lie.

    A block inside itself is not counted: inference reports it on its own.
    """
    used = {
        name: [(block_of(node.type) or "", times_of(node)) for node in block.graph.nodes.values()]
        for name, block in project.blocks.items()
    }
    inner = {name: [each for each, _ in uses if each in project.blocks] for name, uses in used.items()}
    found: dict[str, tuple[int, int]] = {}
    for name in inner_first(project.blocks, inner.__getitem__):
        layers = sum(times * (found.get(each, (1, 0))[0] if each in inner else 1) for each, times in used[name])
        found[name] = (layers, 1 + max((found.get(each, (1, 0))[1] for each in inner[name]), default=0))
    return found


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Sentences for what would expand into more than can be drawn or computed; empty for every sane drawing.

    ``nodes`` are instances in the main graph that are only too many together.
    """

    blocks: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)

    def why(self, where: str, node: Node) -> str | None:
        """The sentence for a node of the graph ``where``, or None."""
        block = block_of(node.type)
        found = self.blocks.get(block) if block is not None else None
        return found or (self.nodes.get(node.name) if where == MAIN else None)


def too_large(project: Project) -> TooLarge:
    """What of a drawing cannot be expanded: a small file may name a block a million times."""
    if not project.blocks:
        return TooLarge()
    sizes = block_sizes(project)
    blocks = {}
    for name, (layers, levels) in sizes.items():
        if levels > MOST_LEVELS:
            blocks[name] = (
                f"The block {name} holds blocks inside blocks, {levels} levels deep; at most {MOST_LEVELS} are "
                "possible. Unpack some of them."
            )
        elif layers > MOST_LAYERS:
            blocks[name] = (
                f"The block {name} unfolds into {_many(layers)} layers; at most {MOST_LAYERS:,} are possible. "
                "Use fewer blocks or repeats inside it."
            )
    nodes, total = {}, 0
    for name, node in project.graph.nodes.items():
        block = block_of(node.type)
        if block is not None and block in sizes and block not in blocks:
            total += sizes[block][0] * times_of(node)
            if total > MOST_LAYERS:
                nodes[name] = (
                    f"With this block the drawing unfolds into {_many(total)} layers; at most {MOST_LAYERS:,} are "
                    "possible. Use fewer blocks or repeats."
                )
    return TooLarge(blocks, nodes)


def times_of(node: Node) -> int:
    """How often a node stands in its row; once, if its repeat is no number that could be used."""
    return node.repeat if isinstance(node.repeat, int) and node.repeat > 1 else 1


def _many(count: int) -> str:
    return f"{count:,}" if count < 10**9 else "more than a billion"


def free_block_name(project: Project, wanted: str = "block1") -> str:
    """``wanted``, counted up until no block and no layer type has that name."""

    class Taken:
        def __contains__(self, name: object) -> bool:
            return name in project.blocks or (isinstance(name, str) and find(name) is not None)

    return free_name(wanted, Taken())


def exposed_as(project: Project, where: str, node: str, param: str) -> Exposed | None:
    """How the block ``where`` exposes this setting of a node inside it, or None if it does not."""
    block = project.blocks.get(where)
    entries = block.exposed if block is not None else ()
    return next((entry for entry in entries if (entry.node, entry.param) == (node, param)), None)


def inside_of(project: Project, node: Node, name: str) -> tuple[Node, str] | None:
    """The node and setting inside a block that an instance's exposed setting stands for, one level down.

    Of several under one name the first speaks for all: they are of one kind.
    """
    block = project.blocks.get(block_of(node.type) or "")
    for entry in block.exposed if block is not None else ():
        if block is not None and entry.name == name and entry.node in block.graph.nodes:
            return block.graph.nodes[entry.node], entry.param
    return None


def _levels(project: Project, node: Node, name: str) -> Iterator[tuple[Node, str]]:
    """An exposed setting followed inwards, ending at a layer's own; ends early if it leads nowhere or in a circle."""
    seen: set[tuple[str, str]] = set()
    step: tuple[Node, str] | None = (node, name)
    while step is not None and (step[0].type, step[1]) not in seen:
        yield step
        seen.add((step[0].type, step[1]))
        step = inside_of(project, *step) if block_of(step[0].type) is not None else None


def param_of(project: Project, node: Node, name: str) -> Param | None:
    """The declaration of a node's setting; for a block's exposed setting, that of the setting inside."""
    for inner, setting in _levels(project, node, name):
        layer = find(inner.type) if block_of(inner.type) is None else None
        if layer is not None:
            return layer.param(setting)
    return None


def value_of(project: Project, node: Node, name: str) -> Any:
    """The value that counts: what the node says, else what stands inside the block, else the default."""
    for inner, setting in _levels(project, node, name):
        if setting in inner.params:
            return inner.params[setting]
    param = param_of(project, node, name)
    return param.default if param is not None else None


def learns(node: Node) -> bool:
    """Whether training may change something of this node: a layer with weights, or a block."""
    layer = find(node.type)
    return block_of(node.type) is not None or (layer is not None and "frozen" in layer.common)


def kind_words(node: Node) -> str:
    """What a node is, in a sentence: ``a Linear``, ``a block res``."""
    block = block_of(node.type)
    return with_article(node.type if block is None else f"block {block}")
