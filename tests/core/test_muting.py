"""What passes through a muted node that has several inputs or outputs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from app.core.checks.fixes import command_for
from app.core.commands.nodes import SetNodeField
from app.core.compile.net import compile_net
from app.core.graph.model import MAIN, Block, Graph, Node, Project, Wire
from app.core.inference import infer
from tests.support.drawings import chain, node


def two_ways(first: tuple[int, ...], second: tuple[int, ...], crossed: bool = False) -> Project:
    """A muted block with two ports on each side; ``crossed`` makes the outputs change places inside."""
    inside = [("a", "In"), ("b", "In"), ("one", "ReLU"), ("two", "ReLU"), ("c", "Out"), ("d", "Out")]
    ends = ("d", "c") if crossed else ("c", "d")
    inner = Graph.of(
        [node(name, kind) for name, kind in inside], [*chain("a", "one", ends[0]), *chain("b", "two", ends[1])]
    )
    graph = Graph.of(
        [
            node("x", "Input", shape=first),
            node("y", "Input", shape=second),
            Node("pair", "block:Pair", muted=True),
            node("squeeze", "Sigmoid"),
            node("left", "Output"),
            node("right", "Output"),
        ],
        [
            *(Wire("x", "output", "pair", "a"), Wire("y", "output", "pair", "b")),
            *(
                Wire("pair", "c", "squeeze", "x"),
                Wire("squeeze", "output", "left", "x"),
                Wire("pair", "d", "right", "x"),
            ),
        ],
    )
    return Project(graph=graph, blocks={"Pair": Block(inner)})


def test_each_output_of_a_muted_block_gives_the_input_of_its_own_number() -> None:
    """Fails if the first input appears at both outputs, which trains a wrong net without a word."""
    project = two_ways((8,), (8,))
    report = infer(project)
    assert report.problems == ()
    net = compile_net(project)
    x, y = torch.randn(3, 8), torch.randn(3, 8)
    left, right = net.model()(x, y)
    torch.testing.assert_close(left, torch.sigmoid(x))
    assert right is y


def test_an_output_of_another_shape_than_its_input_is_a_problem() -> None:
    """Fails if a value of the wrong shape goes on in silence, or a click on the fix does not mend it."""
    project = two_ways((8,), (4,), crossed=True)
    (problem,) = infer(project).problems
    assert (problem.node, problem.code) == ("pair", "mute")
    assert "nothing arrives that could pass through to d" in problem.sentence
    (fix,) = problem.fixes
    command = command_for(project, MAIN, "pair", fix)
    assert command is not None
    assert infer(command.apply(project)).problems == ()


def lstm(read: str, start: bool) -> Project:
    nodes = [
        node("x", "Input", shape=(7, 6)),
        node("h", "Input", shape=(1, 5)),
        replace(node("it", "LSTM", hidden_size=5), muted=True),
        node("squeeze", "Sigmoid"),
        node("out", "Output"),
    ]
    wires = [*chain("x", "it.x"), *chain(f"it.{read}", "squeeze", "out"), *(chain("h", "it.h_0") if start else [])]
    return Project(graph=Graph.of(nodes, wires))


def test_the_state_of_a_muted_layer_is_the_one_that_arrives() -> None:
    """Fails if a muted LSTM hands on its sequence as its state."""
    project = lstm("h_n", start=True)
    x, h = torch.randn(2, 7, 6), torch.randn(2, 1, 5)
    net = compile_net(project)
    given = {"x": x, "h": h}
    torch.testing.assert_close(net.model()(*(given[entry.node] for entry in net.plan.inputs)), torch.sigmoid(h))


def test_a_state_that_cannot_come_from_anywhere_is_a_problem_where_it_is_read() -> None:
    """Fails if a reader gets another value, or the problem stays when nobody reads that output any more."""
    project = lstm("h_n", start=False)
    before = infer(project)
    (problem,) = before.problems
    assert problem.node == "it"
    assert "to h_n" in problem.sentence
    other = lstm("output", start=False)
    assert infer(other, before, project).problems == ()
    assert [p.sentence for p in infer(project, infer(other), other).problems] == [problem.sentence]


@pytest.mark.parametrize("kind", ["Conv2d", "LSTM"])
def test_the_first_output_passes_the_first_input_whatever_its_shape(kind: str) -> None:
    """Fails if muting one layer of a chain, which may change the shape, is refused."""
    shape = (3, 8, 8) if kind == "Conv2d" else (7, 6)
    graph = Graph.of(
        [node("x", "Input", shape=shape), node("it", kind), node("out", "Output")], chain("x", "it", "out")
    )
    project = SetNodeField(MAIN, ("it",), "muted", True).apply(Project(graph=graph))
    assert infer(project).main.nodes["out"].inputs["x"][0].sizes == shape
