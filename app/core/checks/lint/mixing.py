"""Samples that are mixed while their labels are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from app.core.checks.problems import Problem, Rewire
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.roles import in_role, role_of
from app.core.inference import Report
from nodes.api.augmentations import TARGET
from nodes.api.registry import find


def labels_left_behind(project: Project, report: Report) -> Iterator[Problem]:
    """A note for each reader of a label as it was before an augmentation that mixes it, where nobody reads the mixed
    one."""
    graph = project.graph
    for node in in_role(graph, "augmentation"):
        name, layer = node.name, find(node.type)
        if layer is None or TARGET not in layer.outputs or node.bypassed:
            continue
        read = {wire.source_port for wire in graph.out_of(name)}
        if report.main.nodes[name].problems or TARGET in read or "output" not in read:
            continue
        for wire in _unmixed(graph, name):
            sentence = (
                f"{name} mixes the samples, but the target here is the label as it was before, so that a mixed sample "
                f"counts as one class alone. Wire {name}.{TARGET} to {wire.target_port}."
            )
            fix = Rewire(wire, replace(wire, source=name, source_port=TARGET))
            yield Problem(wire.target, sentence, "unmixed", (fix,), port=wire.target_port)


def _unmixed(graph: Graph, name: str) -> Iterator[Wire]:
    """The wires to losses, and to augmentations behind this one, from where it has its label or that has its own."""
    behind = {wire.target for wire in graph.out_of(name)}
    before = name
    while entry := graph.wire_at(before, TARGET):
        for wire in graph.out_of(entry.source):
            if wire.source_port != entry.source_port or wire.target == before:
                continue
            role = role_of(graph.nodes[wire.target])
            if (role == "loss" and wire.target_port == "target") or (role == "augmentation" and wire.target in behind):
                yield wire
        before = entry.source
