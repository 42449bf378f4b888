"""Backpropagation as it is taught: one step at a time, values forward, gradients back, then the update."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import nn

from app.core.compile.net import CompiledNet
from app.insight.arithmetic.following import Following
from app.insight.arithmetic.notation import lines
from app.insight.arithmetic.number import Place
from app.insight.capture import Inputs
from app.insight.tiles import NoPicture
from app.insight.updates import WeightStep, update_lines, weight_steps
from app.insight.wire_values import FEW, Carried, WireValues, wire_values, words
from nodes.api.registry import find

Phase = Literal["forward", "backward", "update"]
MOST_NAMED = 6  # wires of a node that are told one by one


@dataclass(frozen=True)
class Moment:
    """One step of the walk: which node is at work, and what it does, in lines."""

    phase: Phase
    node: str
    lines: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Walk:
    """The whole walk: every moment, and the numbers that it tells of."""

    values: WireValues
    moments: tuple[Moment, ...]
    steps: tuple[WeightStep, ...]


def walk(net: CompiledNet, model: nn.Module, inputs: Inputs, *, sample: int = 0) -> Walk:
    """All steps of one sample through the main graph and back, and what a fresh optimizer of the recipe makes of it.

    Raises:
        NoPicture: as ``wire_values``.
    """
    found = wire_values(net, model, inputs, sample=sample)
    steps = weight_steps(net, model, found) if found.of else ()
    told = _Told(net, model, inputs, sample, found)
    moments = [
        *told.forward(),
        *told.backward(),
        *(Moment("update", each.name.partition(".")[0], update_lines(each)) for each in steps),
    ]
    return Walk(found, tuple(moments), steps)


class _Told:
    def __init__(self, net: CompiledNet, model: nn.Module, inputs: Inputs, sample: int, found: WireValues) -> None:
        self.net, self.found = net, found
        self.following = Following(net, model, inputs, sample=sample)
        self.outputs: dict[str, list[str]] = {}
        for key in found.values:
            self.outputs.setdefault(key.partition(".")[0], []).append(key)

    def forward(self) -> Iterator[Moment]:
        """What each node makes of what arrives."""
        for node in self.found.order:
            keys = self.outputs.get(node, [])
            if not keys:
                continue
            value = self.found.values[keys[0]].value
            said = [f"{node} = {words(value)}{_of(value)}"]
            port = keys[0].partition(".")[2]
            if value.size == 1 and port != "loss":
                with suppress(NoPicture):
                    number = self.following.number(Place(node, port, (0,) * value.ndim))
                    said += lines(number)[1:3]
            yield Moment("forward", node, tuple(said))

    def backward(self) -> Iterator[Moment]:
        """What each node makes of what comes back, the last one first."""
        if not self.found.of:
            return
        first = True
        for node in reversed(self.found.order):
            keys = [key for key in self.outputs.get(node, []) if self.found.values[key].gradient is not None]
            if not keys:
                continue
            came = self.found.values[keys[0]]
            begin = f"The way back begins with the derivative of {self.found.of} by itself: 1." if first else ""
            first = False
            yield Moment("backward", node, tuple(filter(None, (begin, *self._back(node, came)))))

    def _back(self, node: str, came: Carried) -> Iterator[str]:
        assert came.gradient is not None
        yield f"To {node} comes back {words(came.gradient)}{_of(came.gradient)}."
        wires = {wire: each for wire, each in self.found.wires.items() if wire.target == node}
        back = {wire: each for wire, each in wires.items() if each.gradient is not None}
        rule = self._rule(node)
        if back or wires or rule:
            yield f"Rule: {rule or 'the chain rule: what comes back times the derivative of the layer'}."
        for wire, each in list(back.items())[:MOST_NAMED]:
            assert each.gradient is not None
            if each.local is not None and each.local.size == 1:
                yield (
                    f"to {wire.source}: local derivative {_bracketed(each.local)} × {_bracketed(came.gradient)} = "
                    f"{words(each.gradient)}"
                )
            else:
                yield f"to {wire.source}: {words(each.gradient)}{_of(each.gradient)}"
        if len(back) > MOST_NAMED:
            yield f"and to {len(back) - MOST_NAMED} more."
        forks = [
            wire for wire in self.found.wires if wire.source == node and self.found.wires[wire].gradient is not None
        ]
        if len(forks) > 1:
            yield f"It is the sum of what comes back on {len(forks)} wires."
        for weight in self.found.weights.get(node, ()):
            if weight.gradient is not None:
                yield f"gradient by {weight.name}: {words(weight.gradient)}{_of(weight.gradient)}"

    def _rule(self, node: str) -> str:
        project = self.net.project
        drawn = project.graph.nodes.get(node) if project is not None else None
        layer = find(drawn.type) if drawn is not None else None
        return layer.backward if layer is not None else ""


def _bracketed(value: np.ndarray) -> str:
    text = words(value)
    return f"({text})" if text.startswith("−") else text


def _of(value: np.ndarray) -> str:
    if value.size <= FEW:
        return ""
    return f" ({' × '.join(map(str, value.shape))}{' numbers' if value.ndim == 1 else ''})"
