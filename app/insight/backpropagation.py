"""Backpropagation as it is taught: one step at a time, values forward, gradients back, then the update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from torch import nn

from app.core.compile.net import CompiledNet
from app.core.paths import node_at
from app.insight.arithmetic.net_arithmetic import NetArithmetic
from app.insight.arithmetic.notation import lines
from app.insight.arithmetic.number import NumberPlace
from app.insight.capture import Inputs
from app.insight.tiles import NoPicture
from app.insight.updates import WeightStep, update_lines, weight_steps
from app.insight.wire_values import FEW, WireValue, WireValues, wire_values, wire_values_everywhere, words
from nodes.api.registry import find

Phase = Literal["forward", "backward", "update"]
MOST_NAMED = 6  # wires of a node that are told one by one


@dataclass(frozen=True)
class WalkMoment:
    """One step of the walk: which node is at work, by its path, and what it does, in lines."""

    phase: Phase
    node: str
    lines: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Walk:
    """The whole walk: every moment, and the numbers that it tells of; ``inner`` are those of the blocks that it goes
    into, by path."""

    values: WireValues
    moments: tuple[WalkMoment, ...]
    steps: tuple[WeightStep, ...]
    inner: Mapping[str, WireValues] = field(default_factory=dict)

    def carried(self, path: str) -> WireValue:
        """What the first output of a node carries."""
        block, slash, name = path.rpartition("/")
        values = (self.inner[block] if slash else self.values).values
        return next(carried for key, carried in values.items() if key.partition(".")[0] == name)


def walk(net: CompiledNet, model: nn.Module, inputs: Inputs, *, sample: int = 0, blocks: bool = False) -> Walk:
    """All steps of one sample through the main graph and back, and what a fresh optimizer of the recipe makes of it.
    With ``blocks`` through the layers inside of each block, too, before the block as a whole is told of; one that is
    repeated, or runs over time, is one step.

    Raises:
        NoPicture: as ``wire_values``.
    """
    if blocks:
        inner = wire_values_everywhere(net, model, inputs, sample=sample)
        found = inner.pop("")
    else:
        inner, found = {}, wire_values(net, model, inputs, sample=sample)
    steps = weight_steps(net, model, found) if found.of else ()
    told = _Told(net, NetArithmetic(net, model, inputs, sample=sample), found, inner)
    back = list(told.backward())
    if back:
        begin = f"The way back begins with the derivative of {found.of} by itself: 1."
        back[0] = replace(back[0], lines=(begin, *back[0].lines))
    moments = [
        *told.forward(),
        *back,
        *(WalkMoment("update", _owner(each.name, inner), update_lines(each)) for each in steps),
    ]
    return Walk(found, tuple(moments), steps, inner)


def _owner(weight: str, inner: Mapping[str, WireValues]) -> str:
    """The path of the node that has a weight, as deep as the walk goes."""
    first, *rest = weight.split(".")
    while first in inner and len(rest) > 1:
        first = f"{first}/{rest.pop(0)}"
    return first


class _Told:
    """Tells of one graph; of the blocks in it that are in ``inner`` by their path, with what stands in them."""

    def __init__(
        self,
        net: CompiledNet,
        following: NetArithmetic,
        found: WireValues,
        inner: Mapping[str, WireValues],
        prefix: str = "",
    ) -> None:
        self.net, self.found, self.following, self.prefix = net, found, following, prefix
        self.outputs: dict[str, list[str]] = {}
        self.blocks = {
            node: _Told(net, following, inner[f"{prefix}{node}"], inner, f"{prefix}{node}/")
            for node in found.order
            if f"{prefix}{node}" in inner
        }
        for key in found.values:
            self.outputs.setdefault(key.partition(".")[0], []).append(key)

    def forward(self) -> Iterator[WalkMoment]:
        """What each node makes of what arrives."""
        for node in self.found.order:
            keys = self.outputs.get(node, [])
            if not keys:
                continue
            if node in self.blocks:
                yield from self.blocks[node].forward()
            value = self.found.values[keys[0]].value
            path = f"{self.prefix}{node}"
            said = [f"{path} = {words(value)}{_of(value)}"]
            port = keys[0].partition(".")[2]
            if value.size == 1 and port != "loss":
                with suppress(NoPicture):
                    number = self.following.number(NumberPlace(path, port, (0,) * value.ndim))
                    said += lines(number)[1:3]
            yield WalkMoment("forward", path, tuple(said))

    def backward(self) -> Iterator[WalkMoment]:
        """What each node makes of what comes back, the last one first."""
        if not self.found.of:
            return
        for node in reversed(self.found.order):
            keys = [key for key in self.outputs.get(node, []) if self.found.values[key].gradient is not None]
            if not keys:
                continue
            if node in self.blocks:
                yield from self.blocks[node].backward()
            came = self.found.values[keys[0]]
            yield WalkMoment("backward", f"{self.prefix}{node}", tuple(self._back(node, came)))

    def _back(self, node: str, came: WireValue) -> Iterator[str]:
        assert came.gradient is not None
        yield f"To {self.prefix}{node} comes back {words(came.gradient)}{_of(came.gradient)}."
        wires = {wire: each for wire, each in self.found.wires.items() if wire.target == node}
        back = {wire: each for wire, each in wires.items() if each.gradient is not None}
        rule = self._rule(node)
        if back or wires or rule:
            yield f"Rule: {rule or 'the chain rule: what comes back times the derivative of the layer'}."
        for wire, each in list(back.items())[:MOST_NAMED]:
            assert each.gradient is not None
            to = f"to {self.prefix}{wire.source}"
            if each.local is not None and each.local.size == 1:
                came_back = f"{_bracketed(each.local)} × {_bracketed(came.gradient)} = {words(each.gradient)}"
                yield f"{to}: local derivative {came_back}"
            else:
                yield f"{to}: {words(each.gradient)}{_of(each.gradient)}"
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
        drawn = node_at(project, f"{self.prefix}{node}") if project is not None else None
        layer = find(drawn.type) if drawn is not None else None
        return layer.backward if layer is not None else ""


def _bracketed(value: np.ndarray) -> str:
    text = words(value)
    return f"({text})" if text.startswith("−") else text


def _of(value: np.ndarray) -> str:
    if value.size <= FEW:
        return ""
    return f" ({' × '.join(map(str, value.shape))}{' numbers' if value.ndim == 1 else ''})"
