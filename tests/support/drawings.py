"""Small drawings for tests, and random edits of them."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import strategies as st

from app.core.commands import (
    AddFrames,
    AddNodes,
    Command,
    Connect,
    Disconnect,
    DuplicateAsOwn,
    ExposeSetting,
    GroupNodes,
    HideSetting,
    MoveNodes,
    PlaceFrames,
    RemoveAndJoin,
    RemoveFrames,
    RemoveNodes,
    Rename,
    RenameBlock,
    RenameSetting,
    SetFrameColor,
    SetFrameText,
    SetNodeField,
    SetRecipe,
    SetSetting,
    UnpackBlock,
)
from app.core.graph.frames import COLORS, Frame, free_frame_name
from app.core.graph.model import Block, Exposed, Graph, Node, Project, Wire
from app.core.graph.names import default_name
from app.core.graph.ports import input_ports, output_ports
from nodes.api.registry import find, layers


def node(name: str, type_: str, **params: Any) -> Node:
    """A node with the usual settings and these changes."""
    layer = find(type_)
    return Node(name, type_, layer.settings(params) if layer is not None else params)


def chain(*names: str) -> list[Wire]:
    """Wires from each to the next; ``digits.image`` and ``loss.prediction`` name other ports than the usual."""
    wires = []
    for source, target in itertools.pairwise(names):
        start, _, start_port = source.partition(".")
        end, _, end_port = target.partition(".")
        wires.append(Wire(start, start_port or "output", end, end_port or "x"))
    return wires


def small_net(size: str = "8×8", title: str = "Small") -> Project:
    """Digits, one convolution, one fully connected layer, cross-entropy."""
    graph = Graph.of(
        [
            node("digits", "Digits", size=size),
            node("conv1", "Conv2d", out_channels=4, kernel_size=3),
            node("relu1", "ReLU"),
            node("flatten", "Flatten"),
            node("fc1", "Linear", out_features=10),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("digits.image", "conv1", "relu1", "flatten", "fc1", "loss.prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    return Project(title, graph=graph)


def block_net(repeat: int = 3) -> Project:
    """Instances of one block with different settings, one of them repeated, and a shortcut around it."""
    unit = Graph.of(
        [
            node("x", "In"),
            node("conv", "Conv2d", out_channels=8, padding=1),
            node("norm", "BatchNorm2d"),
            node("relu", "ReLU"),
            node("y", "Out"),
        ],
        chain("x", "conv", "norm", "relu", "y"),
    )
    graph = Graph.of(
        [
            node("picture", "Input", shape=(3, 12, 12)),
            Node("first", "block:unit"),
            Node("second", "block:unit", {"filters": 6}),
            Node("third", "block:unit", {"filters": 6}, repeat=repeat),
            node("sum1", "Add"),
            node("result", "Output"),
        ],
        [
            Wire("picture", "output", "first", "x"),
            Wire("first", "y", "second", "x"),
            Wire("second", "y", "third", "x"),
            Wire("third", "y", "sum1", "xs"),
            Wire("second", "y", "sum1", "xs"),
            Wire("sum1", "output", "result", "x"),
        ],
    )
    return Project("Blocks", graph=graph, blocks={"unit": Block(unit, (Exposed("filters", "conv", "out_channels"),))})


def long_net(count: int) -> Project:
    """A chain of ``count`` layers: convolution, batch norm, ReLU, again and again."""
    kinds = ("Conv2d", "BatchNorm2d", "ReLU")
    nodes = [node("picture", "Input", shape=(3, 16, 16))]
    for index in range(count):
        kind = kinds[index % 3]
        extra = {"out_channels": 8, "padding": 1} if kind == "Conv2d" else {}
        nodes.append(node(f"{kind.lower()}_{index}", kind, **extra))
    return Project("Long", graph=Graph.of(nodes, chain(*(n.name for n in nodes))))


@st.composite
def command(draw: st.DrawFn, project: Project) -> Command:
    """A random edit of the main graph; some of them will be refused, as those of people are."""
    graph = project.graph
    names = list(graph.nodes)
    kinds = ["add", "recipe", "frame"]
    if names:
        kinds += ["remove", "join", "move", "rename", "setting", "field", "connect", "connect"]
    if graph.wires:
        kinds.append("disconnect")
    pick = draw(st.sampled_from(kinds))
    one = draw(st.sampled_from(names)) if names else ""
    if pick == "add":
        kind = draw(st.sampled_from([layer.id for layer in layers().values()]))
        return AddNodes(nodes=(node(default_name(kind, graph.nodes), kind),))
    if pick == "frame":
        return draw(frame_command(project))
    if pick == "remove":
        return RemoveNodes(names=tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))))
    if pick == "join":
        return RemoveAndJoin(names=(one,))
    if pick == "move":
        return MoveNodes(positions={one: (draw(st.integers(-500, 500)), draw(st.integers(-500, 500)))})
    if pick == "rename":
        return Rename(old=one, new=draw(st.sampled_from(["alpha", "beta", "conv1", "self", "a b", one])))
    if pick == "setting":
        layer = find(graph.nodes[one].type)
        params = [param.name for param in layer.params] if layer is not None else []
        name = draw(st.sampled_from(params)) if params else "nothing"
        return SetSetting(names=(one,), param=name, value=draw(st.sampled_from([1, 2, 3, 0.5, True, "last", (2, 2)])))
    if pick == "field":
        field, value = draw(
            st.sampled_from([("bypassed", True), ("bypassed", False), ("repeat", 2), ("repeat", 1), ("note", "hm")])
        )
        return SetNodeField(names=(one,), field_name=field, value=value)
    if pick == "connect":
        other = draw(st.sampled_from(names))
        outputs = output_ports(project, graph.nodes[one]) or ("output",)
        inputs = [port.name for port in input_ports(project, graph.nodes[other])] or ["x"]
        return Connect(wires=(Wire(one, draw(st.sampled_from(outputs)), other, draw(st.sampled_from(inputs))),))
    if pick == "disconnect":
        return Disconnect(wires=(draw(st.sampled_from(graph.wires)),))
    return SetRecipe(setting="epochs", value=draw(st.integers(1, 50)))


@st.composite
def frame_command(draw: st.DrawFn, project: Project, where: str = "") -> Command:
    """A random edit of frames and notes."""
    frames = project.graph_of(where).frames
    side = st.integers(-800, 800)
    is_note = draw(st.booleans())
    fresh = Frame(
        free_frame_name(is_note, frames),
        draw(st.text(max_size=12)),
        is_note,
        draw(st.sampled_from(COLORS)),
        (float(draw(side)), float(draw(side))),
        (float(draw(st.integers(80, 900))), float(draw(st.integers(48, 700)))),
    )
    name = draw(st.sampled_from([*frames, "nobody"]))
    kinds: list[Command] = [
        AddFrames(where, (fresh,)),
        RemoveFrames(where, (name,)),
        PlaceFrames(where, {name: fresh.rect}),
        SetFrameText(where, name, fresh.text),
        SetFrameColor(where, (name,), fresh.color),
        MoveNodes(where, frames={name: fresh.position}),
    ]
    return draw(st.sampled_from(kinds))


@st.composite
def block_command(draw: st.DrawFn, project: Project) -> Command:
    """A random edit of blocks, in the main graph or inside one; some of them will be refused."""
    where = draw(st.sampled_from(["", *project.blocks]))
    graph = project.graph_of(where)
    names = list(graph.nodes) or ["nobody"]
    block = draw(st.sampled_from(list(project.blocks) or ["nobody"]))
    some = st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)
    one = draw(st.sampled_from(names))
    layer = find(graph.nodes[one].type) if one in graph.nodes else None
    param = draw(st.sampled_from([p.name for p in layer.params] if layer and layer.params else ["nothing"]))
    exposed = [entry for each in project.blocks.values() for entry in each.exposed]
    entry = draw(st.sampled_from(exposed or [Exposed("nothing", one, param)]))
    kinds: list[Command] = [
        GroupNodes(where, tuple(draw(some))),
        UnpackBlock(where, one),
        ExposeSetting(where, one, param),
        HideSetting(where, entry.node, entry.param),
        RenameSetting(where, entry.name, draw(st.sampled_from(["width", "size", entry.name]))),
        RenameBlock(old=block, new=draw(st.sampled_from(["unit", "stage", "ReLU", "a b"]))),
        DuplicateAsOwn(where, one),
        draw(frame_command(project, where)),
        RemoveNodes(where, (one,)),
        Rename(where, one, draw(st.sampled_from(["alpha", "beta", one]))),
        SetNodeField(where, (one,), "repeat", draw(st.sampled_from([1, 2]))),
        SetNodeField(where, (one,), "shares", draw(st.sampled_from([None, draw(st.sampled_from(names))]))),
        AddNodes(where, (node(default_name(f"block:{block}", graph.nodes), f"block:{block}"),)),
        AddNodes(where, (node(default_name("In", graph.nodes), draw(st.sampled_from(["In", "Out", "ReLU"]))),)),
    ]
    # Grouping and unpacking are what the other edits are to be mixed with.
    return draw(st.sampled_from([*kinds, kinds[0], kinds[0], kinds[1]]))
