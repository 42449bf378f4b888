"""The variables of a printed ``forward``."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.plan import make_plan
from app.core.compile.source import print_source
from app.core.storage.templates import load, names
from tests.nodes.nets import forward_of, net_of


def rows(net: CompiledNet) -> list[str]:
    """The lines of the model's ``forward`` without their comments."""
    return [row.split("  #")[0].strip() for row in forward_of(net).splitlines()[1:]]


def test_a_chain_passes_one_variable_on() -> None:
    """Fails if a plain chain keeps each value until the end, as it would with a name for each."""
    nodes: dict[str, Any] = {"image": "(4,)", "a": ("Linear", {"out_features": 3}), "b": "ReLU", "out": "Output"}
    assert rows(net_of(nodes, "image a b out")) == ["x = self.a(image)", "x = self.b(x)", "return x"]


def test_an_argument_called_x_is_overwritten_only_if_nobody_reads_it_later() -> None:
    """Fails if a shortcut adds the value of the chain instead of what came in."""
    nodes: dict[str, Any] = {"x": "(3,)", "a": "Tanh", "b": "ReLU", "add": "Add", "out": "Output"}
    net = net_of(nodes, "x a b add.xs", "x add.xs", "add out")
    assert rows(net)[:2] == ["out = self.a(x)", "b = self.b(out)"]
    value = torch.tensor([[1.0, -2.0, 3.0]])
    assert torch.equal(net.model()(value), torch.tanh(value).relu() + value)
    plain = net_of({"x": "(3,)", "a": "Tanh", "b": "ReLU", "out": "Output"}, "x a b out")
    assert rows(plain) == ["x = self.a(x)", "x = self.b(x)", "return x"]


def test_words_that_layers_have_are_not_taken() -> None:
    """Fails if the passing value overwrites that of a layer called x, out or value."""
    nodes: dict[str, Any] = {"image": "(3,)", "x": "Tanh", "out": "ReLU", "a": "Sigmoid", "b": "ReLU", "add": "Add"}
    net = net_of(nodes | {"end": "Output"}, "image x add.xs", "x out add.xs", "image a b add.xs", "add end")
    value = torch.tensor([[1.0, -2.0, 3.0]])
    wanted = value.tanh() + value.tanh().relu() + value.sigmoid().relu()
    assert torch.allclose(net.model()(value), wanted)


def test_values_that_meet_and_values_read_twice_keep_their_names() -> None:
    """Fails if a sum reads ``x + x`` although two values meet in it."""
    nodes: dict[str, Any] = {"image": "(3,)", "a": "Tanh", "b": "ReLU", "add": "Add", "c": "Sigmoid", "out": "Output"}
    net = net_of(nodes, "image a add.xs", "image b add.xs", "add c out")
    assert "add = a + b" in rows(net)
    assert rows(net)[-2:] == ["x = self.c(add)", "return x"]


def test_a_layer_that_uses_the_weights_of_another_keeps_its_name() -> None:
    """Fails if a line shows neither by its value nor by its module which node it is."""
    nodes: dict[str, Any] = {"image": "(3,)", "a": ("Linear", {"out_features": 3}), "out": "Output"}
    net = net_of(nodes | {"b": ("Linear", {"out_features": 3})}, "image a b out")
    assert net.project is not None
    graph = net.project.graph
    project = replace(net.project, graph=graph.with_nodes(replace(graph.nodes["b"], shares="a")))
    assert "b = self.a(x)" in rows(compile_net(project))


@pytest.mark.parametrize("name", names())
def test_templates_read_what_was_written_and_name_every_node(name: str) -> None:
    """Fails if a variable is read before it is written, or the word on the canvas is lost from the line of its node."""
    plan = make_plan(load(name))
    source = print_source(plan)
    text = source.text.splitlines()
    for graph in plan.graph.walk():
        for step in graph.steps:
            lines = [text[number - 1] for number in source.lines_of(graph.where, step.name)]
            assert not lines or step.name in " ".join(lines)
    module = ast.parse(source.text)
    classes = [part for part in module.body if isinstance(part, ast.ClassDef)]
    planned = [part for part in classes if any(part.lineno <= n <= (part.end_lineno or 0) for n in source.lines)]
    assert planned
    for class_ in planned:
        forward = next(p for p in class_.body if isinstance(p, ast.FunctionDef) and p.name == "forward")
        known = {argument.arg for argument in forward.args.args} | {"torch", "nn", "len", "range"}
        for statement in forward.body:
            uses = [part for part in ast.walk(statement) if isinstance(part, ast.Name)]
            own = (
                {use.id for use in uses if isinstance(use.ctx, ast.Store)} if isinstance(statement, ast.For) else set()
            )
            assert {use.id for use in uses if isinstance(use.ctx, ast.Load)} <= known | own
            known |= {use.id for use in uses if isinstance(use.ctx, ast.Store)}
