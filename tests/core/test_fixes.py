"""From a path in a drawing with blocks to the edit that mends what is there."""

from __future__ import annotations

from dataclasses import replace

from app.core.checks.fixes import command_at, words_at
from app.core.commands import Command, SetSetting
from app.core.graph.blocks import along
from app.core.graph.model import MAIN, Block, Exposed, Graph, Node, Project
from nodes.api import SetParam
from tests.support.drawings import block_net

FIX = SetParam("out_channels", 5)


def nested() -> Project:
    """``outer`` stands in a block that exposes what the block inside of it exposes."""
    project = block_net()
    middle = Graph.of([Node("x", "In"), Node("inner", "block:unit", {"filters": 7}), Node("y", "Out")])
    project = project.with_block("middle", Block(middle, (Exposed("width", "inner", "filters"),)))
    return replace(project, graph=project.graph.with_nodes(Node("outer", "block:middle")))


def edit(project: Project, path: str) -> Command:
    command = command_at(project, MAIN, path, FIX)
    assert command is not None
    return command


def test_path_of_a_problem_inside_a_block_leads_there() -> None:
    """Fails if a fix inside a block is applied to a node of the main drawing."""
    project = nested()
    assert list(along(project, "first/conv")) == [(MAIN, "first"), ("unit", "conv")]
    assert list(along(project, "outer/inner/conv"))[-1] == ("unit", "conv")
    assert list(along(project, "sum1")) == [(MAIN, "sum1")]


def test_the_value_is_changed_where_it_stands() -> None:
    """Fails if a fix changes the block although an instance on the way overrules it, or an instance that does not."""
    project = nested()
    assert edit(project, "first/conv") == SetSetting("unit", ("conv",), "out_channels", 5)
    assert edit(project, "second/conv") == SetSetting(MAIN, ("second",), "filters", 5)
    assert edit(project, "outer/inner/conv") == SetSetting("middle", ("inner",), "filters", 5)
    assert words_at(project, MAIN, "outer/inner/conv", FIX) == "Set filters to 5 of inner"
    given = replace(project, graph=project.graph.with_nodes(Node("outer", "block:middle", {"width": 9})))
    assert edit(given, "outer/inner/conv") == SetSetting(MAIN, ("outer",), "width", 5)


def test_a_path_that_leads_nowhere_has_no_remedy() -> None:
    """Fails if a fix for a node that is gone is carried out on the instance, or raises."""
    project = nested()
    for path in ("sum1/conv", "first/gone", "gone/conv", "first/conv/more", ""):
        assert command_at(project, MAIN, path, FIX) is None
