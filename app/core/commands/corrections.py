"""Edits of what is corrected about the samples of a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.commands.base import Command, Refused, existing
from app.core.graph.model import Graph, Node, Project
from nodes.api import BadSetting
from nodes.api.corrections import CORRECTIONS, Correction
from nodes.api.registry import find


@dataclass(frozen=True)
class CorrectSamples(Command):
    """Give samples of a source another class, or leave them out. ``samples`` are, by the samples' names, the class
    that the data says and the one they have instead: None leaves a sample out, the same again takes back what was
    corrected. What was corrected of other samples stays."""

    name: str = ""
    samples: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)

    @property
    def step_title(self) -> str:
        count = len(self.samples)
        noun = "1 sample" if count == 1 else f"{count:,} samples"
        instead = {now if now != was else "" for was, now in self.samples.values()}
        if instead == {None}:
            return f"Leave out {noun} of {self.name}"
        if instead == {""}:
            return f"Take back what was corrected of {noun} of {self.name}"
        return f"Correct {noun} of {self.name}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        node = existing(graph, self.name)
        layer = find(node.type)
        param = layer.param(CORRECTIONS) if layer is not None else None
        if param is None:
            raise Refused(f"{self.name} has no samples that could be corrected.")
        before = {entry[0]: entry for entry in corrections_of(node)}
        after = {
            name: (name, was, now) if now is not None else (name, was) for name, (was, now) in self.samples.items()
        }
        try:
            checked = param.check(tuple({**before, **after}.values()))
        except BadSetting as bad:
            raise Refused(f"{self.name}: {bad}") from None
        return graph.with_nodes(_with(node, checked))


@dataclass(frozen=True)
class ForgetCorrections(Command):
    """Take back everything that was corrected about the samples of a source."""

    name: str = ""
    title = "Take back all corrections of {0.name}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        return graph.with_nodes(_with(existing(graph, self.name), ()))


def corrections_of(node: Node) -> tuple[Correction, ...]:
    """What is corrected about the samples of a node; nothing where that cannot be used."""
    layer = find(node.type)
    param = layer.param(CORRECTIONS) if layer is not None else None
    if param is None or CORRECTIONS not in node.params:
        return ()
    try:
        checked: tuple[Correction, ...] = param.check(node.params[CORRECTIONS])
    except BadSetting:
        return ()
    return checked


def _with(node: Node, corrections: tuple[Correction, ...]) -> Node:
    return node.with_param(CORRECTIONS, corrections) if corrections else node.without_params(CORRECTIONS)
