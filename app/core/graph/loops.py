"""Blocks that run over time: a cell that reads a sequence step by step and gets back what it gave at the last step.

The inputs of the block say so (``over_time`` of a block input). A block without such inputs is used once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.graph.model import Block, Graph, Node
from nodes.api import BadSetting
from nodes.api.registry import find

STEPS, CARRIED = "step by step", "from the last step"  # values of the setting over_time; the third is the usual one


@dataclass(frozen=True, slots=True)
class LoopInput:
    """One input of a block that runs over time. ``over_time`` is what is read there at each step; ``comes_from`` the
    output whose value of the last step is read, ``true_values`` when the real next value is read in its stead, and
    ``size`` that of the zeros at the first step where nothing is wired."""

    name: str
    over_time: str
    comes_from: str = ""
    true_values: str = "always"
    size: tuple[int, ...] = ()
    chosen: bool = False  # of what comes back the largest is read: scores stand for the class


def loop_of(graph: Graph, settings: Mapping[tuple[str, str], Any] | None = None) -> tuple[LoopInput, ...]:
    """The inputs of a block that runs over time, in order; none for one that does not. ``settings`` are the values that
    an instance gives, by node and setting."""
    entries = [_entry(node, settings or {}) for node in graph.nodes.values() if node.type == "In"]
    return tuple(entries) if any(entry.over_time in (STEPS, CARRIED) for entry in entries) else ()


def _entry(node: Node, settings: Mapping[tuple[str, str], Any]) -> LoopInput:
    layer = find("In")
    assert layer is not None
    given = {**node.params, **{param: value for (name, param), value in settings.items() if name == node.name}}
    try:
        said = layer.settings(given)
    except BadSetting:
        said = {}
    known = {**{param.name: param.default for param in layer.params}, **said}
    return LoopInput(node.name, known["over_time"], known["comes_from"], known["true_values"], known["size"])


def runs_over_time(block: Block) -> bool:
    """Whether a block is a cell that is used once for each step."""
    return bool(loop_of(block.graph))


def states(loop: tuple[LoopInput, ...]) -> frozenset[str]:
    """The outputs that are carried to the next step: what leaves there is the value of the last one."""
    return frozenset(entry.comes_from for entry in loop if entry.over_time == CARRIED)


def with_port_renamed(node: Node, old: str, new: str) -> Node:
    """A block input that reads what an output gave, when that output has another name."""
    return node.with_param("comes_from", new) if node.type == "In" and node.params.get("comes_from") == old else node
