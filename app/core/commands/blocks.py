"""Edits of blocks: their names, their exposed settings, copies of their own, and what follows a change of ports."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from app.core.commands.base import Command, Refused, SettingCommand, existing, graph_named
from app.core.graph.blocks import exposed_as, free_block_name, instances, param_of, value_of
from app.core.graph.model import BLOCK_PREFIX, MAIN, Block, Exposed, Node, Project, block_of
from app.core.graph.names import free_name, why_illegal, writable
from app.core.graph.renames import Renames
from nodes.api import Param
from nodes.api.registry import find


@dataclass(frozen=True)
class ExposeSetting(SettingCommand):
    """Let each instance of the block ``where`` set a setting of a node inside it; until it does, nothing changes.

    With the ``name`` of a setting that is exposed already, both are set together.
    """

    node: str = ""
    param: str = ""
    name: str = ""
    title = "Expose {0} of {1}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.node,)

    def apply(self, project: Project) -> Project:
        block = block_named(project, self.where)
        node = existing(block.graph, self.node)
        param = param_of(project, node, self.param)
        if param is None:
            raise Refused(f"{self.node} has no setting {self.param}.")
        known = exposed_as(project, self.where, self.node, self.param)
        if known is not None:
            raise Refused(f"{self.param} of {self.node} is exposed already, as {known.name}.")
        name = self._name(project, block, param)
        return _with_exposed(project, self.where, (*block.exposed, Exposed(name, self.node, self.param)))

    def _name(self, project: Project, block: Block, param: Param) -> str:
        taken = {entry.name: entry for entry in block.exposed}
        if not self.name:
            return self.param if self.param not in taken else free_name(f"{self.node}_{self.param}", taken)
        if self.name in taken:
            other = taken[self.name]
            kind = type(param_of(project, block.graph.nodes[other.node], other.param))
            if other.node not in block.graph.nodes or kind is not type(param):
                raise Refused(
                    f"{self.name} stands for {other.param} of {other.node}, which is another kind of setting. "
                    "Choose another name."
                )
        elif why := why_illegal(self.name):
            raise Refused(why)
        return self.name


@dataclass(frozen=True)
class HideSetting(SettingCommand):
    """No longer let instances of the block ``where`` set this setting. The value they all have goes into the block."""

    node: str = ""
    param: str = ""
    title = "Hide {0} of {1}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.node,)

    def apply(self, project: Project) -> Project:
        block = block_named(project, self.where)
        entry = exposed_as(project, self.where, self.node, self.param)
        if entry is None:
            raise Refused(f"{self.param} of {self.node} is not exposed.")
        rest = tuple(each for each in block.exposed if each != entry)
        inner = block.graph.nodes.get(self.node)
        if inner is not None and param_of(project, inner, self.param) is not None:
            project = self._kept(project, inner, self._agreed(project, entry))
        if any(each.name == entry.name for each in rest):  # the name goes on standing for others
            return _with_exposed(project, self.where, rest)
        for around, each in _outer(project, self.where, entry.name):
            raise Refused(f"The block {around} exposes {each.name}, which leads here. Hide it there first.")
        return _without_values(_with_exposed(project, self.where, rest), self.where, entry.name)

    def _agreed(self, project: Project, entry: Exposed) -> Any:
        """The value that all instances have.

        Raises:
            Refused: if they differ, because the block can keep only one.
        """
        found: list[tuple[Any, str]] = []
        for where, node in instances(project, self.where):
            value = value_of(project, node, entry.name)
            if where != self.where and all(value != known for known, _ in found):
                found.append((value, node.name))
        if len(found) > 1:
            (first, one), (second, other) = found[:2]
            raise Refused(
                f"{one} has {_shown(first)} there and {other} {_shown(second)}, and the block can keep only one. "
                f"Give both the same value, or make an own copy for {other}."
            )
        return found[0][0] if found else None

    def _kept(self, project: Project, node: Node, value: Any) -> Project:
        if value is None or value_of(project, node, self.param) == value:
            return project
        return _with_node(project, self.where, node.with_param(self.param, value))


@dataclass(frozen=True)
class RenameSetting(Command):
    """Give an exposed setting of the block ``where`` another name; instances follow."""

    old: str = ""
    new: str = ""
    title = "Rename the setting {0.old} to {0.new}"

    def apply(self, project: Project) -> Project:
        block = block_named(project, self.where)
        names = {entry.name for entry in block.exposed}
        if self.old not in names:
            raise Refused(f"The block {self.where} exposes no setting {self.old}.")
        if self.new == self.old:
            return project
        if self.new in names:
            raise Refused(f"The block {self.where} already exposes a setting {self.new}. Choose another name.")
        if why := why_illegal(self.new):
            raise Refused(why)
        project = _with_exposed(
            project,
            self.where,
            tuple(replace(entry, name=self.new) if entry.name == self.old else entry for entry in block.exposed),
        )
        for around, entry in list(_outer(project, self.where, self.old)):
            exposed = project.blocks[around].exposed
            project = _with_exposed(
                project, around, tuple(replace(each, param=self.new) if each == entry else each for each in exposed)
            )
        for where, node in list(instances(project, self.where)):
            if self.old in node.params:
                params = {self.new if name == self.old else name: value for name, value in node.params.items()}
                project = _with_node(project, where, replace(node, params=params))
        return project


@dataclass(frozen=True)
class RenameBlock(Command):
    """Give a block another name, in the drawing and in the printed code."""

    old: str = ""
    new: str = ""
    title = "Rename the block {0.old} to {0.new}"

    @property
    def renames(self) -> Renames:
        return Renames(blocks={self.old: self.new})

    def apply(self, project: Project) -> Project:
        block_named(project, self.old)
        if self.new == self.old:
            return project
        if self.new in project.blocks:
            raise Refused(f"There is already a block named {self.new}. Choose another name.")
        if why := why_no_block_name(self.new):
            raise Refused(why)
        for where, node in list(instances(project, self.old)):
            project = _with_node(project, where, replace(node, type=BLOCK_PREFIX + self.new))
        blocks = {self.new if name == self.old else name: block for name, block in project.blocks.items()}
        return replace(project, blocks=MappingProxyType(blocks))


@dataclass(frozen=True)
class SetBlockNote(Command):
    """Say in a few words what the block ``where`` does; typing merges."""

    text: str = ""
    title = "Describe the block {0.where}"

    @property
    def merge_key(self) -> object:
        return ("block note", self.where)

    def apply(self, project: Project) -> Project:
        return project.with_block(self.where, replace(block_named(project, self.where), note=writable(self.text)))


@dataclass(frozen=True)
class DuplicateAsOwn(Command):
    """Give one instance a copy of its block, so that changing it changes no other instance."""

    name: str = ""
    title = "Make an own copy for {0.name}"

    def apply(self, project: Project) -> Project:
        graph = graph_named(project, self.where)
        node = existing(graph, self.name)
        block_name = block_of(node.type)
        if block_name is None:
            raise Refused(f"{self.name} is a single layer and no block, so it is its own already.")
        block = block_named(project, block_name)
        if sum(1 for _ in instances(project, block_name)) == 1:
            raise Refused(f"{self.name} is the only {block_name}, so the block is its own already.")
        sharing = [other.name for other in graph.nodes.values() if other.shares == self.name]
        if node.shares is not None or sharing:
            other = node.shares or sharing[0]
            raise Refused(
                f"{self.name} and {other} share their weights, so they must be the same block. "
                "Let each have its own weights first."
            )
        fresh = free_block_name(project, block_name)
        project = project.with_block(fresh, block)
        return _with_node(project, self.where, replace(node, type=BLOCK_PREFIX + fresh))


def block_named(project: Project, name: str) -> Block:
    """The block of that name.

    Raises:
        Refused: if there is none, or if it is the main drawing that is meant.
    """
    if name == MAIN:
        raise Refused("This is the main drawing and no block. Group the layer first, or go into its block.")
    block = project.blocks.get(name)
    if block is None:
        raise Refused(f"There is no block named {name} in this drawing.")
    return block


def why_no_block_name(name: str) -> str | None:
    """Why this cannot be the name of a block, whether it is taken or not; None if it can."""
    if find(name) is not None:
        return f"{name} is the name of a layer type. Choose another name for the block."
    return why_illegal(name)


def without_block(project: Project, name: str) -> Project:
    """The project without a block; nothing may use it any more."""
    return replace(project, blocks=MappingProxyType({k: block for k, block in project.blocks.items() if k != name}))


def follow_removal(project: Project, before: Project, where: str, names: Collection[str]) -> Project:
    """After nodes were removed inside a block: their exposed settings go, and the wires of instances at ports that
    are no longer there."""
    if where == MAIN:
        return project
    block = project.blocks[where]
    gone = dict.fromkeys(entry.name for entry in block.exposed if entry.node in names)
    project = _with_exposed(project, where, tuple(entry for entry in block.exposed if entry.node not in names))
    for name in gone:
        if all(entry.name != name for entry in project.blocks[where].exposed):
            project = _without_setting(project, where, name)
    removed = {name: before.blocks[where].graph.nodes[name].type for name in names}
    entries, exits = ({name: "" for name, kind in removed.items() if kind == port} for port in ("In", "Out"))
    return with_ports(project, where, entries, exits)


def with_ports(project: Project, block: str, entries: Mapping[str, str], exits: Mapping[str, str]) -> Project:
    """The wires at instances of a block follow its ports, which lead from old names to new ones; empty for one that is
    gone, with its wires."""
    if not entries and not exits:
        return project
    for where in (MAIN, *project.blocks):
        graph = project.graph_of(where)
        uses = {node.name for node in graph.nodes.values() if block_of(node.type) == block}
        wires = []
        for wire in graph.wires:
            if wire.target in uses and wire.target_port in entries:
                wire = replace(wire, target_port=entries[wire.target_port])
            if wire.source in uses and wire.source_port in exits:
                wire = replace(wire, source_port=exits[wire.source_port])
            if wire.target_port and wire.source_port:
                wires.append(wire)
        if tuple(wires) != graph.wires:
            project = project.with_graph(where, graph.with_wires(wires))
    return project


def _without_setting(project: Project, where: str, name: str) -> Project:
    """Follow an exposed setting that is gone outwards: values of instances, and blocks that expose it further."""
    todo = [(where, name)]
    while todo:
        block, setting = todo.pop()
        project = _without_values(project, block, setting)
        for around, entry in list(_outer(project, block, setting)):
            rest = tuple(each for each in project.blocks[around].exposed if each != entry)
            project = _with_exposed(project, around, rest)
            if all(each.name != entry.name for each in rest):
                todo.append((around, entry.name))
    return project


def _outer(project: Project, block: str, setting: str) -> Iterator[tuple[str, Exposed]]:
    """Blocks that expose a setting of instances of ``block`` further, with how they do it."""
    for where, node in instances(project, block):
        for entry in project.blocks[where].exposed if where != MAIN else ():
            if (entry.node, entry.param) == (node.name, setting):
                yield where, entry


def _without_values(project: Project, block: str, setting: str) -> Project:
    for where, node in list(instances(project, block)):
        if setting in node.params:
            project = _with_node(project, where, node.without_params(setting))
    return project


def _with_exposed(project: Project, name: str, exposed: tuple[Exposed, ...]) -> Project:
    block = project.blocks[name]
    return project if exposed == block.exposed else project.with_block(name, replace(block, exposed=exposed))


def _with_node(project: Project, where: str, node: Node) -> Project:
    return project.with_graph(where, project.graph_of(where).with_nodes(node))


def _shown(value: Any) -> str:
    text = "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 30 else text[:27] + "…"
