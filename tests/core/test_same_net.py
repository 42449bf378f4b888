"""Which drawings are the same net, and how the layers of one are called in the other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.commands.blocks import ExposeSetting, RenameBlock, RenameSetting
from app.core.commands.grouping import GroupNodes
from app.core.commands.nodes import Rename
from app.core.commands.settings import SetSetting
from app.core.graph.model import MAIN, Block, Graph, Node, Project, Wire
from app.core.graph.same_net import alike, renamed, same_net
from app.core.storage import templates


def nested() -> Project:
    """A block in a block, with an open setting that is open on both levels."""
    project = templates.load("mlp_digits")
    project = GroupNodes(MAIN, ("fc1", "relu1"), block="inner").apply(project)
    project = ExposeSetting("inner", "fc1", "out_features", "width").apply(project)
    project = GroupNodes(MAIN, ("inner",), block="outer").apply(project)
    return ExposeSetting("outer", "inner", "width", "width").apply(project)


RENAMES = {
    "layer": (Rename(MAIN, "fc2", "scores"), {"fc2": "scores"}),
    "in a block": (Rename("inner", "fc1", "first"), {"outer.inner.fc1": "outer.inner.first"}),
    "block in a block": (
        Rename("outer", "inner", "core"),
        {"outer.inner": "outer.core", "outer.inner.fc1": "outer.core.fc1", "outer.inner.relu1": "outer.core.relu1"},
    ),
    "type of a block": (RenameBlock(old="inner", new="kernel"), {}),
    "open setting": (RenameSetting("inner", "width", "size"), {}),
    "open setting of the outer block": (RenameSetting("outer", "width", "size"), {}),
}


@pytest.mark.parametrize("what", RENAMES)
def test_names_are_followed_everywhere(what: str) -> None:
    """Fails if names of one kind count as a difference, or a layer is not found under its new path."""
    command, expected = RENAMES[what]
    before = nested()
    after = command.apply(before)
    assert not same_net(before, after)
    found = renamed(before, after)
    assert found is not None
    # Ports of a block are nodes of it too, and a path leads through all that contains it.
    told = {old: new for old, new in found.items() if not old.endswith((".x", ".y"))}
    assert told == expected
    assert renamed(after, before) == {new: old for old, new in found.items()}


def test_the_value_of_an_open_setting_counts() -> None:
    """Fails if instances are compared without what is set at them."""
    before = nested()
    changed = SetSetting(MAIN, ("outer",), "size", 17).apply(RenameSetting("outer", "width", "size").apply(before))
    assert not alike(before, changed)


def test_ports_that_swap_their_names_keep_their_wires() -> None:
    """Fails if wires at a block are followed by the names of ports, which are names like others."""
    inner = Graph.of(
        [Node("a", "In"), Node("b", "In"), Node("minus", "Subtract"), Node("y", "Out")],
        [
            Wire("a", "output", "minus", "a"),
            Wire("b", "output", "minus", "b"),
            Wire("minus", "output", "y", "x"),
        ],
    )
    graph = Graph.of(
        [Node("one", "Input"), Node("two", "Input"), Node("part", "block:part")],
        [Wire("one", "output", "part", "a"), Wire("two", "output", "part", "b")],
    )
    project = replace(Project(graph=graph), blocks={"part": Block(inner)})
    swapped = project
    for old, new in (("a", "third"), ("b", "a"), ("third", "b")):
        swapped = Rename("part", old, new).apply(swapped)
    assert alike(project, swapped)
    crossed = [replace(w, target_port={"a": "b", "b": "a"}[w.target_port]) for w in swapped.graph.wires]
    assert not alike(project, swapped.with_graph(MAIN, swapped.graph.with_wires(crossed)))


def test_a_block_that_contains_itself_is_like_nothing() -> None:
    """Fails if a damaged file, in which a block stands in itself, is compared for ever."""
    graph = Graph.of([Node("part", "block:part")])
    one, other = (
        replace(Project(graph=graph), blocks={"part": Block(Graph.of([Node(name, "block:part")]))}) for name in "ab"
    )
    assert not alike(one, other)
