"""Muted nodes with several ports, and layers that lend their weights: what nobody reads is not printed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from app.core.checks.fixes import command_for
from app.core.checks.problems import SetNode
from app.core.compile.net import compile_net
from app.core.compile.summary import summary_of, totals_of
from app.core.graph.model import Block, Graph, Node, Project
from app.core.inference import infer
from app.core.saved_tensors import saved_by
from tests.nodes.nets import forward_of
from tests.support.drawings import chain, node


def two_ways(crossed: bool = False) -> Block:
    """A block of two inputs and two outputs with a layer on each way."""
    nodes = [node("left", "In"), node("right", "In"), node("up", "Linear", out_features=8)]
    nodes += [node("down", "Linear", out_features=4), node("one", "Out"), node("two", "Out")]
    ways = [*chain("left", "up"), *chain("right", "down")]
    ways += [*chain("up", "two"), *chain("down", "one")] if crossed else [*chain("up", "one"), *chain("down", "two")]
    return Block(Graph.of(nodes, ways))


def drawing(bypassed: bool = True, crossed: bool = False, read: tuple[str, ...] = ("one", "two")) -> Project:
    """Two inputs through the block, each behind a layer of its own."""
    nodes = [
        node("a", "Input", shape=(8,)),
        node("b", "Input", shape=(4,)),
        node("before_a", "Linear", out_features=8),
        node("before_b", "Linear", out_features=4),
        replace(Node("both", "block:pair"), bypassed=bypassed),
    ]
    wires = [*chain("a", "before_a", "both.left"), *chain("b", "before_b", "both.right")]
    for port in read:
        nodes.append(node(f"out_{port}", "Output"))
        wires += chain(f"both.{port}", f"out_{port}")
    return Project("Muted", graph=Graph.of(nodes, wires), blocks={"pair": two_ways(crossed)})


def test_each_output_passes_its_own_input() -> None:
    """Fails if the first input stands at both outputs, in the net, in its shapes, or where somebody looks inside."""
    project = drawing()
    report = infer(project)
    assert report.problems == ()
    assert {port: shape.sizes for port, shape in report.main.nodes["both"].outputs.items()} == {
        "one": (8,),
        "two": (4,),
    }
    net = compile_net(project)
    model, a, b = net.model(seed=0), torch.randn(3, 8), torch.randn(3, 4)
    one, two = model(a, b)
    torch.testing.assert_close(one, model.before_a(a))
    torch.testing.assert_close(two, model.before_b(b))
    values = net.capture(model, [a, b], ["both", "both.one", "both.two"])
    torch.testing.assert_close(values["both"], one)
    torch.testing.assert_close(values["both.two"], two)


def test_outputs_that_do_not_agree_are_a_problem_with_a_remedy() -> None:
    """Fails if a block that changes sides is muted without a word, or if unmuting it is not offered."""
    (problem,) = infer(drawing(crossed=True)).problems
    assert (problem.node, problem.code) == ("both", "mute")
    assert "nothing arrives that could pass through to two" in problem.sentence
    assert problem.fixes == (SetNode("bypassed", False),)
    command = command_for(drawing(crossed=True), "", "both", problem.fixes[0])
    assert command is not None
    assert infer(command.apply(drawing(crossed=True))).problems == ()


@pytest.mark.parametrize("read", [("one",), ("two",)])
def test_what_a_muted_block_does_not_hand_on_is_not_printed(read: tuple[str, ...]) -> None:
    """Fails if a layer is computed, counted or kept whose value ends at an output that nobody reads."""
    mine, other = ("before_a", "before_b") if read == ("one",) else ("before_b", "before_a")
    project = drawing(read=read)
    report = infer(project)
    net = compile_net(project)
    assert other not in net.source.text
    assert [entry.node for entry in net.plan.inputs] == [mine[-1]]
    sizes = {"before_a": 8 * 8 + 8, "before_b": 4 * 4 + 4}
    assert sum(weight.numel() for weight in net.model().parameters()) == sizes[mine]
    assert summary_of(report.main).parameters == totals_of(report.main).parameters == sizes[mine]
    assert saved_by(report.main).trained == sizes[mine]
    assert other in net.plan.unused


def test_an_output_without_an_input_is_a_problem_only_where_it_is_read() -> None:
    """Fails if a muted GRU gives its input as a state, or is refused although nobody reads the state."""
    nodes = [node("x", "Input", shape=(7, 6)), replace(node("gru", "GRU", hidden_size=6), bypassed=True)]
    nodes += [node("relu", "ReLU"), node("out", "Output"), node("state", "Output")]
    plain = Project("Muted", graph=Graph.of(nodes[:-1], chain("x", "gru", "relu", "out")))
    x = torch.randn(2, 7, 6)
    torch.testing.assert_close(compile_net(plain).model()(x), x.relu())
    read = Project("Muted", graph=Graph.of(nodes, [*chain("x", "gru", "relu", "out"), *chain("gru.h_n", "state")]))
    (problem,) = infer(read).problems
    assert "nothing arrives that could pass through to h_n" in problem.sentence
    # The report of before must not hide that another wire reads now, nor that it is gone again.
    before = infer(plain)
    after = infer(read, before, plain)
    assert after.problems == infer(read).problems
    assert infer(plain, after, read).problems == ()
    start = [*nodes, node("start", "Input", shape=(1, 6))]
    wires = [*read.graph.wires, *chain("start", "gru.h_0")]
    whole = Project("Muted", graph=Graph.of(start, wires))
    assert infer(whole).problems == ()
    begun = torch.randn(2, 1, 6)
    sequence, state = compile_net(whole).model()(x, begun)
    torch.testing.assert_close(sequence, x.relu())
    torch.testing.assert_close(state, begun)


def test_one_input_for_two_outputs_is_a_problem() -> None:
    """Fails if a muted block that splits gives the same value twice."""
    nodes = [node("inp", "In"), node("relu", "ReLU"), node("tanh", "Tanh"), node("one", "Out"), node("two", "Out")]
    split = Block(Graph.of(nodes, [*chain("inp", "relu", "one"), *chain("inp", "tanh", "two")]))
    nodes = [node("x", "Input", shape=(4,)), replace(Node("both", "block:split"), bypassed=True)]
    nodes += [node("a", "Output"), node("b", "Output")]
    wires = [*chain("x", "both.inp"), *chain("both.one", "a"), *chain("both.two", "b")]
    (problem,) = infer(Project("Muted", graph=Graph.of(nodes, wires), blocks={"split": split})).problems
    assert "nothing arrives that could pass through to two" in problem.sentence


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_muted_difference_passes_its_first_port(order: tuple[str, str]) -> None:
    """Fails if the order in which wires were drawn says which input is the first, or if the way to the other input is
    still computed."""
    nodes: list[Any] = [node("x", "Input", shape=(4,)), node("one", "Linear", out_features=4)]
    nodes += [
        node("two", "Linear", out_features=4),
        replace(node("less", "Subtract"), bypassed=True),
        node("out", "Output"),
    ]
    ways = {"a": chain("x", "one", "less.a"), "b": chain("x", "two", "less.b")}
    wires = [*ways[order[0]], *ways[order[1]], *chain("less", "out")]
    net = compile_net(Project("Muted", graph=Graph.of(nodes, wires)))
    model, x = net.model(seed=0), torch.randn(3, 4)
    torch.testing.assert_close(model(x), model.one(x))
    assert "two" not in net.source.text
    assert list(model.state_dict()) == ["one.weight", "one.bias"]


def test_muted_nodes_in_a_row_and_in_a_block_pass_port_by_port() -> None:
    """Fails if only one muted node at a time is followed, or none inside a block."""
    inner = two_ways()
    graph = inner.graph
    outer = Graph.of(
        [
            node("p", "In"),
            node("q", "In"),
            replace(Node("pair", "block:pair"), bypassed=True),
            node("r", "Out"),
            node("s", "Out"),
        ],
        [*chain("p", "pair.left"), *chain("q", "pair.right"), *chain("pair.one", "r"), *chain("pair.two", "s")],
    )
    nodes = [node("a", "Input", shape=(8,)), node("b", "Input", shape=(4,)), Node("first", "block:outer")]
    nodes += [replace(Node("second", "block:pair"), bypassed=True), node("out_a", "Output"), node("out_b", "Output")]
    wires = [*chain("a", "first.p"), *chain("b", "first.q"), *chain("first.r", "second.left")]
    wires += [*chain("first.s", "second.right"), *chain("second.one", "out_a"), *chain("second.two", "out_b")]
    project = Project("Muted", graph=Graph.of(nodes, wires), blocks={"pair": Block(graph), "outer": Block(outer)})
    assert infer(project).problems == ()
    a, b = torch.randn(2, 8), torch.randn(2, 4)
    first, second = compile_net(project).model()(a, b)
    torch.testing.assert_close(first, a)
    torch.testing.assert_close(second, b)


def test_a_layer_that_lends_its_weights_is_not_computed_for_nobody() -> None:
    """Fails if a layer that leads nowhere is run because another uses its weights: it would cost time, and a batch norm
    would measure what is not part of the net."""
    nodes = [
        node("x", "Input", shape=(4,)),
        node("lonely", "Linear", out_features=4),
        node("lender", "BatchNorm1d"),
        replace(node("user", "BatchNorm1d"), shares="lender"),
        node("out", "Output"),
    ]
    wires = [*chain("x", "lonely", "lender"), *chain("x", "user", "out")]
    net = compile_net(Project("Shared", graph=Graph.of(nodes, wires)))
    assert "lonely" not in net.source.text
    assert forward_of(net).count("self.lender(") == 1
    model, x = net.model().train(), torch.randn(6, 4)
    model(x)
    assert model.lender.num_batches_tracked == 1
    assert list(model.state_dict())[:2] == ["lender.weight", "lender.bias"]
    assert list(net.capture(model, [x])) == ["x", "user"]
