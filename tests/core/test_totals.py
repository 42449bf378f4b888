"""Totals of a drawing next to the net that torch makes of it: what is muted, unused or shared."""

from __future__ import annotations

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.compile.summary import Totals, summary_of, totals_of
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.inference import infer
from app.core.storage.templates import load, names
from tests.support.counting import calls_in
from tests.support.drawings import chain, node


def weights(project: Project) -> int:
    return summary_of(infer(project).main).parameters


def trained(project: Project) -> int:
    with torch.device("meta"):
        return sum(value.numel() for value in compile_net(project).model().parameters())


def test_muted_branches_do_not_count() -> None:
    """Fails if the helpers of GoogLeNet, whose outputs are muted, are counted: 13.0 M instead of 6.6 M."""
    assert weights(load("googlenet")) == 6_624_904


@pytest.mark.parametrize("name", names())
def test_the_quick_totals_are_those_of_the_table(name: str) -> None:
    """Fails if the status bar, which leaves the rows out, counted something twice, or what the table leaves out."""
    project = load(name)
    report = infer(project)
    for graph_report in (report.main, *report.blocks.values()):
        table, quick = summary_of(graph_report), totals_of(graph_report)
        expected = Totals(table.parameters, table.values, table.multiply_adds)
        assert quick == expected


def test_the_quick_totals_know_shared_repeated_and_muted_blocks() -> None:
    """Fails if weights of a shared block counted again, a repeated one counted once, or a muted layer counted."""
    inner = Graph.of(
        [node("x", "In"), node("fc", "Linear", out_features=8), Node("off", "ReLU", bypassed=True), node("y", "Out")],
        chain("x", "fc", "off", "y"),
    )
    graph = Graph.of(
        [
            node("a", "Input", shape=(8,)),
            Node("first", "block:b", repeat=3),
            Node("second", "block:b", repeat=3, shares="first"),
            node("end", "Output"),
            node("loose", "Linear", out_features=5),
        ],
        [
            Wire("a", "output", "first", "x"),
            Wire("first", "y", "second", "x"),
            Wire("second", "y", "end", "x"),
            Wire("a", "output", "loose", "x"),
        ],
    )
    report = infer(Project(graph=graph).with_block("b", Block(inner))).main
    assert not report.problems
    table = summary_of(report)
    assert totals_of(report) == Totals(table.parameters, table.values, table.multiply_adds)
    assert totals_of(report) == Totals(3 * 72, 8 + 6 * 8, 6 * 64)


def test_a_shared_block_counts_once() -> None:
    """Fails if each block that uses another's weights is counted as if it had its own."""
    inner = Graph.of([node("x", "In"), node("fc", "Linear", out_features=8), node("y", "Out")], chain("x", "fc", "y"))
    graph = Graph.of(
        [node("a", "Input", shape=(8,)), Node("first", "block:b"), Node("second", "block:b", shares="first")],
        [Wire("a", "output", "first", "x"), Wire("first", "y", "second", "x")],
    )
    project = Project(graph=graph).with_block("b", Block(inner))
    assert weights(project) == trained(project) == 8 * 8 + 8


def test_what_leads_nowhere_inside_a_block_does_not_count() -> None:
    """Fails if a branch in a block that its output does not read is counted, although it is never built."""
    inner = Graph.of(
        [node("x", "In"), node("fc", "Linear", out_features=8), node("idle", "Linear"), node("y", "Out")],
        [*chain("x", "fc", "y"), *chain("x", "idle")],
    )
    graph = Graph.of([node("a", "Input", shape=(8,)), Node("one", "block:b")], [Wire("a", "output", "one", "x")])
    project = Project(graph=graph).with_block("b", Block(inner))
    assert weights(project) == trained(project) == 8 * 8 + 8


def test_an_unused_owner_of_weights_counts() -> None:
    """Fails if weights that a layer borrows from one that leads nowhere are forgotten: the net has them."""
    graph = Graph.of(
        [
            node("a", "Input", shape=(8,)),
            node("owner", "Linear", out_features=8),
            Node("user", "Linear", node("user", "Linear", out_features=8).params, shares="owner"),
            node("end", "Output"),
        ],
        [*chain("a", "owner"), *chain("a", "user", "end")],
    )
    assert weights(Project(graph=graph)) == trained(Project(graph=graph)) == 8 * 8 + 8


@pytest.mark.parametrize("name", names())
def test_totals_are_ready_within_the_time_of_an_edit(name: str) -> None:
    """Fails if the status bar is a good part of what an edit costs when something was edited, or anything when not."""
    project = load(name)
    report = infer(project)
    assert calls_in(lambda: summary_of(report.main)) < 0.4 * calls_in(lambda: infer(project))
    assert summary_of(report.main) is summary_of(report.main)


@pytest.mark.parametrize("cut", [("loss", "prediction"), ("loss", "target"), ("flatten", "x")])
def test_a_missing_wire_does_not_make_a_net_empty(cut: tuple[str, str]) -> None:
    """Fails if the status bar says 0 weights while a loss, or a layer before it, waits for a wire."""
    project = load("logistic_regression")
    wires = [wire for wire in project.graph.wires if (wire.target, wire.target_port) != cut]
    assert len(wires) == len(project.graph.wires) - 1
    broken = project.with_graph("", project.graph.with_wires(wires))
    report = infer(broken)
    known = 0 if cut[0] == "flatten" else 650  # nobody knows how many inputs the layer behind it has
    assert summary_of(report.main).parameters == totals_of(report.main).parameters == known
