"""A drawing with one layer in it, for tests that run layers one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from app.core.graph.model import Graph, Node, Project, Wire
from nodes.api import Layer, Shape


def drawing(layer: Layer, inputs: Mapping[str, Sequence[Shape]], settings: Mapping[str, Any]) -> Project:
    """Inputs, the layer (named ``it``), and outputs for what it gives; a loss needs no output."""
    nodes, wires = [Node("it", layer.id, settings)], []
    count = 0
    for port, shapes in inputs.items():
        for shape in shapes:
            count += 1
            known = {"shape": shape.sizes, "dtype": shape.dtype, "classes": shape.classes or 0}
            known |= {"any_length": True} if shape.variants else {}
            nodes.append(Node(f"in{count}", "Input", known))
            wires.append(Wire(f"in{count}", "output", "it", port))
    if layer.role == "layer":
        for port in layer.outputs:
            nodes.append(Node(f"out_{port}", "Output"))
            wires.append(Wire("it", port, f"out_{port}", "x"))
    return Project("Alone", graph=Graph.of(nodes, wires))


def samples(inputs: Mapping[str, Sequence[Shape]], batch: int, device: str) -> list[torch.Tensor]:
    """A batch for every input, in order."""
    made = []
    for shapes in inputs.values():
        for shape in shapes:
            sizes = (batch, *shape.sizes)
            if shape.dtype == "int":
                made.append(torch.randint(shape.classes or 1, sizes, device=device))
            else:
                made.append(torch.randn(sizes, device=device))
    return made


def device_for(layer: Layer) -> str:
    """Where the shapes of a layer are found out quickest: without computing, but step by step torch is slow at that."""
    return "cpu" if layer.category == "recurrent" else "meta"
