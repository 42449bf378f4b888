"""Small drawings written in one line, for tests of what layers compute."""

from __future__ import annotations

from typing import Any

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Node, Project
from tests.support.drawings import chain, node


def net_of(nodes: dict[str, tuple[str, dict[str, Any]] | str], *ways: str) -> CompiledNet:
    """A net of nodes by name, each a type or (type, settings), along ways such as ``x lstm.x lstm.h_n out``.

    A type is preceded by sizes for an input: ``"(7, 5)"`` is an Input of that shape.
    """
    made: list[Node] = []
    for name, what in nodes.items():
        kind, settings = (what, {}) if isinstance(what, str) else what
        if kind.startswith("("):
            sizes = tuple(int(size) for size in kind.strip("()").replace(",", " ").split())
            made.append(node(name, "Input", shape=sizes, **settings))
        else:
            made.append(node(name, kind, **settings))
    wires = [wire for way in ways for wire in chain(*way.split())]
    return compile_net(Project("Test", graph=Graph.of(made, wires)))


def forward_of(net: CompiledNet) -> str:
    """The printed ``forward`` of the model."""
    text = net.source.text.split(f"class {net.plan.class_name}(")[1]
    return text.split("def forward(")[1].split("class Losses(")[0]
