"""Whether two drawings are the same net: under the same names, or with other names for the same layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.graph.loops import with_port_renamed
from app.core.graph.model import Block, Graph, Node, Project, block_of


def same_net(one: Project, other: Project) -> bool:
    """Whether two drawings are the same net, wherever their layers stand and however they are to be trained."""
    if one is other:
        return True
    if not _same_graph(one.graph, other.graph) or one.blocks.keys() != other.blocks.keys():
        return False
    return all(
        block is other.blocks[name]
        or (block.exposed == other.blocks[name].exposed and _same_graph(block.graph, other.blocks[name].graph))
        for name, block in one.blocks.items()
    )


def _same_graph(one: Graph, other: Graph) -> bool:
    if one is other:
        return True
    if list(one.nodes) != list(other.nodes) or one.wires != other.wires:
        return False
    return all(node.same_meaning(other.nodes[name]) for name, node in one.nodes.items())


def renamed(old: Project, new: Project) -> Mapping[str, str] | None:
    """How the layers of ``old`` are called in ``new``, where names are all in which the two nets differ.

    Names of layers, blocks, ports of blocks and open settings count. Which layer stands for which is known by its place
    in the order of the drawing, which no rename changes, so that two layers may also have swapped their names.

    Returns:
        The old paths of layers with another path, and the new ones (``fc1``, ``block1.fc1``); empty if there are none.
        None if the nets differ in more than names.
    """
    if same_net(old, new):
        return {}
    match = _Matching(old, new).graphs(old.graph, new.graph)
    return None if match is None else dict(match.paths())


def alike(old: Project, new: Project) -> bool:
    """Whether two drawings are the same net, whatever the layers are called."""
    return renamed(old, new) is not None


@dataclass(frozen=True)
class _Match:
    """How nodes of one graph are called in another, and inside of those that are blocks; also their open settings."""

    names: Mapping[str, str]
    inner: Mapping[str, _Match]
    settings: Mapping[str, str] = field(default_factory=dict)

    def paths(self, before: str = "", now: str = "") -> list[tuple[str, str]]:
        """Old and new paths where they differ, a block before what is in it."""
        found = []
        for old, new in self.names.items():
            old_path, new_path = f"{before}{old}", f"{now}{new}"
            if old_path != new_path:
                found.append((old_path, new_path))
            if old in self.inner:
                found += self.inner[old].paths(f"{old_path}.", f"{new_path}.")
        return found


class _Matching:
    """Compares graphs of two drawings node by node. Each pair of blocks is compared once."""

    def __init__(self, old: Project, new: Project) -> None:
        self._old, self._new = old, new
        self._blocks: dict[tuple[str, str], _Match | None] = {}

    def graphs(self, old: Graph, new: Graph) -> _Match | None:
        """How the nodes of one graph are called in the other; None if names are not all in which they differ."""
        if len(old.nodes) != len(new.nodes) or len(old.wires) != len(new.wires):
            return None
        names = dict(zip(old.nodes, new.nodes, strict=True))
        inner: dict[str, _Match] = {}
        for node, other in zip(old.nodes.values(), new.nodes.values(), strict=True):
            block, counterpart = block_of(node.type), block_of(other.type)
            if block is not None and counterpart is not None:
                match = self._of_blocks(block, counterpart)
                if match is None:
                    return None
                inner[node.name] = match
            elif node.type != other.type:
                return None
            if not _same_node(node, other, names, inner.get(node.name)):
                return None
        for wire, there in zip(old.wires, new.wires, strict=True):
            source, target = inner.get(wire.source), inner.get(wire.target)
            ends = (names.get(wire.source), names.get(wire.target))
            ports = (
                source.names.get(wire.source_port) if source is not None else wire.source_port,
                target.names.get(wire.target_port) if target is not None else wire.target_port,
            )
            if (*ends, *ports) != (there.source, there.target, there.source_port, there.target_port):
                return None
        return _Match(names, inner)

    def _of_blocks(self, old: str, new: str) -> _Match | None:
        if (old, new) not in self._blocks:
            self._blocks[old, new] = None  # for a block that stands in itself, as only a damaged file has one
            before, now = self._old.blocks.get(old), self._new.blocks.get(new)
            if before is not None and now is not None:
                self._blocks[old, new] = self._blocks_alike(before, now)
        return self._blocks[old, new]

    def _blocks_alike(self, old: Block, new: Block) -> _Match | None:
        match = self.graphs(old.graph, new.graph)
        if match is None or len(old.exposed) != len(new.exposed):
            return None
        settings: dict[str, str] = {}
        for each, other in zip(old.exposed, new.exposed, strict=True):
            inside = match.inner.get(each.node)
            param = inside.settings.get(each.param) if inside is not None else each.param
            if (match.names.get(each.node), param) != (other.node, other.param):
                return None
            if settings.setdefault(each.name, other.name) != other.name:  # one name may stand for several settings
                return None
        if len(set(settings.values())) != len(settings):
            return None
        return _Match(match.names, match.inner, settings)


def _same_node(node: Node, other: Node, names: Mapping[str, str], inside: _Match | None) -> bool:
    """Whether two nodes of one type compile to the same, once names in ``node`` are those of today."""
    if node is other and not inside and node.shares is None and not node.updates and node.type != "In":
        return True
    shares = names.get(node.shares, node.shares) if node.shares is not None else None
    if (shares, node.bypassed, node.repeat) != (other.shares, other.bypassed, other.repeat):
        return False
    if inside is not None:
        return {inside.settings.get(name, name): value for name, value in node.params.items()} == other.params
    source = str(node.params.get("comes_from", ""))
    node = with_port_renamed(node, source, names.get(source, source))
    updates = {name: names.get(name, name) for name in node.updates}
    return node.with_updates({old: (now,) for old, now in updates.items()}).params == other.params
