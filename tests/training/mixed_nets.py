"""Drawings whose samples are mixed with others, and their labels with them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from app.core.graph.model import Graph, Project, Wire
from tests.support.drawings import chain, node


def mixed(*kinds: str, loss: str = "CrossEntropyLoss", **settings: Any) -> Project:
    """Digits through these augmentations, one behind the other, and a small net. ``settings`` are those of the
    loss."""
    names = [f"mix{number + 1}" for number in range(len(kinds))]
    nodes = [node("digits", "Digits"), *(node(name, kind) for name, kind in zip(names, kinds, strict=True))]
    nodes += [node("flatten", "Flatten"), node("drop1", "Dropout", p=0.3), node("fc1", "Linear", out_features=10)]
    nodes += [node("loss", loss, **settings)]
    wires = chain("digits.image", *(f"{name}.x" for name in names[:1]))
    wires = [Wire("digits", "image", names[0], "x"), Wire("digits", "label", names[0], "label")]
    for first, second in pairwise(names):
        wires += [Wire(first, "output", second, "x"), Wire(first, "label", second, "label")]
    wires += chain(names[-1], "flatten", "drop1", "fc1", "loss.prediction")
    wires.append(Wire(names[-1], "label", "loss", "target"))
    return Project("Mixed", graph=Graph.of(nodes, wires))
