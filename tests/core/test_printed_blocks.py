"""Blocks as classes: one for each, with good names for the numbers in which instances differ."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import nn

from app.core.compile.lines import WIDTH
from app.core.compile.net import compile_net
from app.core.compile.plan import make_plan
from app.core.compile.signatures import TORCH, Required, arguments, signature
from app.core.compile.source import print_source
from app.core.graph.model import Block, Exposed, Graph, Node, Project, Wire
from app.core.inference import infer
from app.core.storage.templates import load, names
from nodes.api import Layer, Shape
from nodes.api.registry import layers
from tests.nodes.alone import device_for, samples
from tests.nodes.strategies import cases_of, settings_of
from tests.support.drawings import chain, node

COMPUTING = [layer for layer in layers().values() if layer.role == "layer"]


def printed(project: Project) -> str:
    """The file of a drawing."""
    return print_source(make_plan(project)).text


def torch_arguments(name: str) -> dict[str, Any]:
    """What torch itself says of a constructor."""
    made = getattr(nn, name)
    shown = nn.RNNBase if issubclass(made, nn.RNNBase) else made
    found = inspect.signature(shown).parameters.values()
    return {p.name: Required if p.default is p.empty else p.default for p in found}


@pytest.mark.parametrize("name", TORCH)
def test_the_table_of_signatures_is_what_torch_says(name: str) -> None:
    """Fails if an argument would be called by another's name, or left out where torch's default is another."""
    theirs = torch_arguments(name)
    if name in ("RNN", "LSTM", "GRU"):
        del theirs["mode"]
        theirs |= {"nonlinearity": "tanh"} if name == "RNN" else {}
    if name == "Buffer":
        theirs["data"] = Required  # a buffer without a value is of no use
    if name in ("Sigmoid", "Tanh"):
        theirs = {}  # declared as *args, taken over from nn.Module
    ours = dict(signature(f"nn.{name}"))
    for argument, usual in ours.items():
        assert argument in theirs
        if argument != "activation":  # a function there, its name here
            assert usual == theirs[argument]
    first = [argument for argument, usual in theirs.items() if usual is Required]
    assert list(ours)[: len(first)] == first
    if name != "RNN":
        assert list(ours) == [argument for argument in theirs if argument in ours]


@pytest.mark.parametrize("layer", COMPUTING, ids=lambda layer: layer.id)
def test_every_argument_that_a_layer_prints_has_a_name(layer: Layer) -> None:
    """Fails if a layer's constructor is missing from the table: its blocks would print value0 and more classes."""
    for example in layer.examples:
        call = layer.build(layer.wired(example), layer.settings(example.params)).call
        assert set(arguments(call)) <= set(signature(call.constructor)) if call.constructor else True


def instance_of(layer: Layer, inputs: dict[str, list[Shape]], choices: Sequence[dict[str, Any]]) -> Project:
    """A block that holds the layer and exposes all its settings, with an instance for each choice."""
    wired = [(port, shape) for port, shapes in inputs.items() for shape in shapes]
    entries = [Node(f"in{number}", "In") for number in range(len(wired))]
    exits = [Node(f"out_{port}", "Out") for port in layer.outputs]
    wires = [Wire(f"in{number}", "output", "it", port) for number, (port, _) in enumerate(wired)]
    wires += [Wire("it", port, f"out_{port}", "x") for port in layer.outputs]
    inner = Graph.of([*entries, Node("it", layer.id, layer.settings({})), *exits], wires)
    exposed = tuple(Exposed(f"set_{param.name}", "it", param.name) for param in layer.params)
    nodes = [
        Node(f"x{number}", "Input", {"shape": shape.sizes, "dtype": shape.dtype})
        for number, (_, shape) in enumerate(wired)
    ]
    outer: list[Wire] = []
    for place, chosen in enumerate(choices):
        name = f"instance{place}"
        nodes.append(Node(name, "block:holder", {f"set_{key}": value for key, value in chosen.items()}))
        outer += [Wire(f"x{number}", "output", name, f"in{number}") for number in range(len(wired))]
        for port in layer.outputs:
            nodes.append(Node(f"end{place}_{port}", "Output"))
            outer.append(Wire(name, f"out_{port}", f"end{place}_{port}", "x"))
    return Project("Held", graph=Graph.of(nodes, outer), blocks={"holder": Block(inner, exposed)})


@pytest.mark.parametrize("layer", [layer for layer in COMPUTING if layer.inputs], ids=lambda layer: layer.id)
@given(data=st.data())
@settings(max_examples=6, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_two_instances_of_a_block_are_what_is_declared(layer: Layer, data: st.DataObject) -> None:
    """Fails if an instance gets another's numbers, or a default stands in for a number that was chosen."""
    inputs, first = data.draw(cases_of(layer))
    second = data.draw(st.one_of(settings_of(layer), st.just(dict(layer.settings({})))))
    project = instance_of(layer, inputs, [first, second])
    report = infer(project)
    assume(not report.problems)
    net = compile_net(project)
    device = device_for(layer)
    with torch.device(device), torch.no_grad():
        model = net.model().eval()
        outputs = net.outputs(model(*samples(inputs, 2, device)))
    for entry in net.plan.outputs:
        assert tuple(outputs[entry.key].shape) == (2, *entry.shape.sizes)
    for name in ("instance0", "instance1"):
        inner = report.main.nodes[name].inner
        assert inner is not None
        built = inner.nodes["it"].built
        assert built is not None
        found = {key: tuple(value.shape) for key, value in getattr(model, name).named_parameters()}
        assert found == {f"it.{key}": tuple(sizes) for key, sizes in built.weights.items()}


def units(*choices: dict[str, Any], exposed: tuple[Exposed, ...] = ()) -> Project:
    """Two convolutions in a block, and instances of it in a row."""
    inner = Graph.of(
        [node("x", "In"), node("first", "Conv2d", padding=1), node("second", "Conv2d", padding=1), node("y", "Out")],
        chain("x", "first", "second", "y"),
    )
    nodes = [node("picture", "Input", shape=(3, 16, 16)), node("end", "Output")]
    nodes += [Node(f"unit{number}", "block:unit", chosen) for number, chosen in enumerate(choices)]
    way = ["picture", *(f"unit{number}" for number in range(len(choices))), "end"]
    wires = [Wire(a, "y" if a.startswith("unit") else "output", b, "x") for a, b in itertools.pairwise(way)]
    return Project("Units", graph=Graph.of(nodes, wires), blocks={"unit": Block(inner, exposed, "Two in a row.")})


FREE = (
    Exposed("narrow", "first", "out_channels"),
    Exposed("wide", "second", "out_channels"),
    Exposed("step", "second", "stride"),
)


def test_settings_that_only_some_instances_have_become_arguments_with_torchs_default() -> None:
    """Fails if one instance with a stride of its own makes a second class."""
    text = printed(units({"narrow": 4, "wide": 8}, {"narrow": 8, "wide": 16, "step": 2}, exposed=FREE))
    assert text.count("class Unit(") == 1
    assert "def __init__(self, in_channels, narrow, out_channels, stride=1):" in text
    assert "nn.Conv2d(narrow, out_channels, 3, stride=stride, padding=1)" in text
    assert "self.unit0 = Unit(in_channels=3, narrow=4, out_channels=8)\n" in text
    assert "self.unit1 = Unit(in_channels=8, narrow=8, out_channels=16, stride=2)" in text


def test_equal_instances_need_no_arguments() -> None:
    """Fails if numbers that never differ are passed around."""
    text = printed(units({"narrow": 4, "wide": 3}, {"narrow": 4, "wide": 3}, exposed=FREE))
    assert "self.first = nn.Conv2d(3, 4, 3, padding=1)" in text
    assert text.count("= Unit()") == 2


def test_numbers_without_a_word_of_their_own_are_called_by_their_layer() -> None:
    """Fails if two different numbers get one name, or a name that says nothing."""
    separate = (Exposed("a", "first", "kernel_size"), Exposed("b", "second", "kernel_size"))
    choices = [{"a": 1, "b": 3}, {"a": 3, "b": 1}]
    project = units(*choices, exposed=separate)
    assert "def __init__(self, in_channels, a, b):" in printed(project)
    bare = replace(project.blocks["unit"], exposed=())
    graphs = [project.graph.nodes[f"unit{number}"] for number in (0, 1)]
    nodes = [replace(each, params={}) for each in graphs]
    other = replace(project, blocks={"unit": bare}, graph=project.graph.with_nodes(*nodes))
    assert "def __init__(self, in_channels):" in printed(other)


def test_a_width_that_enters_and_leaves_is_called_channels() -> None:
    """Fails if a block with a shortcut takes `in_channels` for what also leaves."""
    inner = Graph.of(
        [node("x", "In"), node("conv", "Conv2d", padding=1), node("total", "Add"), node("y", "Out")],
        [*chain("x", "conv", "total.xs"), Wire("x", "output", "total", "xs"), *chain("total", "y")],
    )
    exposed = (Exposed("filters", "conv", "out_channels"),)
    nodes = [node("a", "Input", shape=(3, 8, 8)), node("b", "Input", shape=(5, 8, 8))]
    nodes += [Node("one", "block:unit", {"filters": 3}), Node("two", "block:unit", {"filters": 5})]
    nodes += [node("end1", "Output"), node("end2", "Output")]
    wires = [Wire("a", "output", "one", "x"), Wire("b", "output", "two", "x")]
    wires += [Wire("one", "y", "end1", "x"), Wire("two", "y", "end2", "x")]
    project = Project("Sums", graph=Graph.of(nodes, wires), blocks={"unit": Block(inner, exposed)})
    assert "self.one = Unit(filters=3)" in printed(project)
    hidden = {"unit": Block(replace(inner), ())}
    same = [replace(node_, params={}) for node_ in nodes if node_.type == "block:unit"]
    width = project.graph.with_nodes(*same, node("a", "Input", shape=(32, 8, 8)), node("b", "Input", shape=(32, 8, 8)))
    assert "self.one = Unit()" in printed(replace(project, graph=width, blocks=hidden))


def test_a_block_says_what_its_note_says() -> None:
    """Fails if the note is lost, or could leave the docstring."""
    project = units({})
    assert '"""Two in a row."""' in printed(project)
    evil = replace(project.blocks["unit"], note='"""\nimport os\n"""')
    text = printed(replace(project, blocks={"unit": evil}))
    assert not re.search(r"^\s*import os", text, re.MULTILINE)
    compile(text, "generated", "exec")


def test_resnet_is_two_classes_and_loops() -> None:
    """Fails if repeated blocks are printed one by one, or one block becomes several classes."""
    text = printed(load("resnet152"))
    assert re.findall(r"^class (\w+)", text, re.MULTILINE) == ["BottleneckDown", "Bottleneck", "ResNet152"]
    assert "self.layer3_1 = nn.Sequential(*(Bottleneck(channels=1024, width=256) for _ in range(35)))" in text
    assert text.count("nn.Conv2d(") == 4 + 3 + 1
    assert len(text.splitlines()) < 130


def test_googlenet_reads_like_the_table_of_its_paper() -> None:
    """Fails if the words of the drawing are lost on the way to the code."""
    text = printed(load("googlenet"))
    assert re.findall(r"^class (\w+)", text, re.MULTILINE) == ["ConvUnit", "Inception", "GoogLeNet"]
    wanted = "in_channels, ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj"
    assert f"def __init__(self, {wanted}):" in text
    assert "in_channels=192, ch1x1=64, ch3x3_reduce=96, ch3x3=128, ch5x5_reduce=16, ch5x5=32, pool_proj=32" in text
    assert "def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):" in text


@pytest.mark.parametrize("name", names())
def test_what_is_printed_is_tidy(name: str) -> None:
    """Fails if a line is too long, a variable is never read, or a line is said to belong to another node."""
    source = print_source(make_plan(load(name)))
    rows = source.text.splitlines()
    assert all(len(row) <= WIDTH and row == row.rstrip() for row in rows)
    module = ast.parse(source.text)
    for function in (part for part in ast.walk(module) if isinstance(part, ast.FunctionDef)):
        uses = [part for part in ast.walk(function) if isinstance(part, ast.Name)]
        read = {use.id for use in uses if isinstance(use.ctx, ast.Load)}
        assert {use.id for use in uses if isinstance(use.ctx, ast.Store)} - {"_"} <= read
        if function.name == "__init__" and function.args.args[0].arg == "self":
            assert {argument.arg for argument in function.args.args} - {"self"} <= read
    for statement in (part for part in ast.walk(module) if isinstance(part, ast.Assign)):
        place = source.lines.get(statement.lineno)
        if place is not None:
            covered = range(statement.lineno, (statement.end_lineno or 0) + 1)
            assert {source.lines[number] for number in covered} == {place}
            # A line may read nothing but what the line above it has made for the same node: x = x[:, -1].
            above = source.lines.get(statement.lineno - 1) == place
            assert above or place[1] in ast.unparse(statement)
