"""Large drawings cost as much more as they are larger: reading, inference, plan, printing, summary and compiling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from app.core.checks.lint import notes
from app.core.compile.net import compile_net
from app.core.compile.plan import make_plan
from app.core.compile.source import print_source
from app.core.compile.summary import summary_of, totals_of
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.inference import infer
from app.core.saved_tensors import saved_by
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from tests.support.counting import calls_in
from tests.support.drawings import chain, node

SMALL, LARGE = 150, 1_200  # eight times as large
MOST = 10  # times the work


def row(count: int) -> Project:
    """A chain of ReLUs."""
    names = [f"relu{i}" for i in range(count)]
    nodes = [node("x", "Input", shape=(8,)), *(Node(name, "ReLU") for name in names), node("out", "Output")]
    return Project("Row", graph=Graph.of(nodes, chain("x", *names, "out")))


def fan(count: int) -> Project:
    """One node that feeds many, and one that reads them all."""
    names = [f"relu{i}" for i in range(count)]
    nodes = [node("x", "Input", shape=(8,)), *(Node(name, "ReLU") for name in names)]
    wires = [wire for name in names for wire in (*chain("x", name), *chain(name, "cat.xs"))]
    return Project(
        "Fan", graph=Graph.of([*nodes, node("cat", "Concat"), node("out", "Output")], [*wires, *chain("cat", "out")])
    )


def shortcuts(count: int) -> Project:
    """Residual additions, one behind the other."""
    nodes, wires, last = [node("x", "Input", shape=(8,))], list[Wire](), "x"
    for i in range(count // 2):
        nodes += [Node(f"relu{i}", "ReLU"), Node(f"sum{i}", "Add")]
        wires += [*chain(last, f"relu{i}", f"sum{i}.xs"), *chain(last, f"sum{i}.xs")]
        last = f"sum{i}"
    return Project("Shortcuts", graph=Graph.of([*nodes, node("out", "Output")], [*wires, *chain(last, "out")]))


def units(count: int) -> Project:
    """Blocks in a row, each of two blocks."""
    inner = [node("x", "In"), Node("fc", "Linear", {"out_features": 8}), Node("relu", "ReLU"), node("y", "Out")]
    outer = [node("x", "In"), Node("a", "block:inner"), Node("b", "block:inner"), node("y", "Out")]
    ways = [*chain("x", "a.x"), *chain("a.y", "b.x"), *chain("b.y", "y")]
    names = [f"unit{i}" for i in range(count // 4)]
    wires = [*chain("start", f"{names[0]}.x"), *chain(f"{names[-1]}.y", "out")]
    wires += [wire for a, b in pairwise(names) for wire in chain(f"{a}.y", f"{b}.x")]
    nodes = [node("start", "Input", shape=(8,)), *(Node(name, "block:outer") for name in names), node("out", "Output")]
    blocks = {"inner": Block(Graph.of(inner, chain("x", "fc", "relu", "y"))), "outer": Block(Graph.of(outer, ways))}
    return Project("Units", graph=Graph.of(nodes, wires), blocks=blocks)


def inside(count: int) -> Project:
    """A long chain inside a block."""
    graph = row(count).graph
    ports = {"x": "In", "out": "Out"}
    nodes = [Node(name, ports[name]) if name in ports else each for name, each in graph.nodes.items()]
    outer = [node("p", "Input", shape=(8,)), Node("unit", "block:long"), node("q", "Output")]
    wires = [*chain("p", "unit.x"), *chain("unit.out", "q")]
    return Project("ExpandedBlock", graph=Graph.of(outer, wires), blocks={"long": Block(Graph.of(nodes, graph.wires))})


def asleep(count: int) -> Project:
    """A chain of muted layers behind one that is awake."""
    project = row(count)
    bypassed = [replace(each, bypassed=True) for each in project.graph.nodes.values() if each.type == "ReLU"][1:]
    return replace(project, graph=project.graph.with_nodes(*bypassed))


def shared(count: int) -> Project:
    """Layers each of which uses the weights of the one before it."""
    names = [f"fc{i}" for i in range(count)]
    layers = [Node(name, "Linear", {"out_features": 8}, shares=f"fc{i}") for i, name in enumerate(names[1:])]
    nodes = [
        node("x", "Input", shape=(8,)),
        Node(names[0], "Linear", {"out_features": 8}),
        *layers,
        node("out", "Output"),
    ]
    return Project("Shared", graph=Graph.of(nodes, chain("x", *names, "out")))


def many_outputs(count: int) -> Project:
    """As many outputs as layers."""
    names = [f"relu{i}" for i in range(count)]
    nodes = [node("x", "Input", shape=(8,)), *(Node(name, "ReLU") for name in names)]
    nodes += [node(f"out_{name}", "Output") for name in names]
    wires = [wire for name in names for wire in chain("x", name, f"out_{name}")]
    return Project("Outputs", graph=Graph.of(nodes, wires))


def whole_path(project: Project) -> Callable[[], None]:
    """All that happens to a file on its way to a net."""
    text = to_text(project).encode()

    def work() -> None:
        opened = read_text(text, "test").project
        report = infer(opened)
        assert report.problems == ()
        plan = make_plan(opened, report)
        print_source(plan, probes=True)
        summary_of(report.main)
        totals_of(report.main)
        saved_by(report.main)
        notes(opened, report)
        compile_net(plan)

    return work


@pytest.mark.parametrize("made", [row, fan, shortcuts, units, inside, asleep, shared, many_outputs])
def test_eight_times_the_layers_are_at_most_ten_times_the_work(made: Callable[[int], Project]) -> None:
    """Fails if something looks at all other layers for each layer: a chain of 8,000 took 60 times as long as one of
    1,000."""
    whole_path(made(8))()  # what is done once, as finding the layers, does not count
    small, large = calls_in(whole_path(made(SMALL))), calls_in(whole_path(made(LARGE)))
    assert large <= MOST * small, f"{large / small:.1f} times the work"
