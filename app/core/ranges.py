"""In which range the values at a place of a drawing lie, and which function saw to that.

Only what must be so is said; where nobody can know, the answer is None. What a layer does to values stands in its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, signature
from math import isnan

from app.core.expanded import GraphLevel, Output, producers
from app.core.graph.model import Wire
from nodes.api import BadSetting, Layer, Values
from nodes.api.registry import find
from nodes.api.values import ValuesTrait, around

_DEEPEST = 40  # merges above merges that are followed


@dataclass(frozen=True)
class LayerRange(Values):
    """Values, and the layer that keeps them in this range or, if raw, made them."""

    by: Output | None = None


def range_at(level: GraphLevel, wire: Wire) -> LayerRange | None:
    """What is known of the values that arrive over ``wire``."""
    return _Ranges().at(level, wire, 0)


class _Ranges:
    """Works out ranges, each merge once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], LayerRange | None] = {}

    def at(self, level: GraphLevel, wire: Wire, depth: int) -> LayerRange | None:
        """The range behind ``wire``; ``depth`` counts the merges on the way."""
        changes: list[Output] = []
        while True:
            found = list(producers(level, wire))
            if len(found) != 1:
                known = _hull([self._of(each, depth + 1) for each in found]) if depth < _DEEPEST else None
                break
            (output,) = found
            if not _changes(output):
                known = self._of(output, depth)
                break
            changes.append(output)
            arriving = output.arriving()
            if len(arriving) != 1:
                return None
            level, wire = output.level, arriving[0]
        for output in reversed(changes):
            if known is None:
                return None
            known = _given(output, [known])
        return known

    def _of(self, output: Output, depth: int) -> LayerRange | None:
        """The range of one output."""
        layer = find(output.node.type)
        if layer is None or layer.values is None:
            return _label(output, layer)
        if output.port != layer.outputs[0]:
            return None
        if _reads(layer.values) == 0:
            return _given(output, [])
        key = id(output.level), output.node.name
        if key not in self._known:
            self._known[key] = None  # while it is worked out: a repeated block reads itself
            if depth < _DEEPEST:
                ports = [port.name for port in layer.inputs]
                arriving = [wire for port in ports for wire in output.arriving() if wire.target_port == port]
                parts = [self.at(output.level, wire, depth + 1) for wire in arriving]
                known = [part for part in parts if part is not None]
                if known and len(known) == len(parts):
                    self._known[key] = _given(output, known)
        return self._known[key]


def _label(output: Output, layer: Layer | None) -> LayerRange | None:
    """Classes that a data set gives at its first output."""
    if layer is None or layer.role != "source" or output.port != (layer.outputs or ("",))[0]:
        return None
    shape = output.level.report.nodes[output.node.name].outputs.get(output.port)
    if shape is not None and shape.dtype == "int" and shape.classes is not None:
        return LayerRange(0.0, float(shape.classes - 1), "", output)
    return None


@cache
def _reads(trait: ValuesTrait) -> int | None:
    """From how many values the trait of a layer is worked out, besides the settings; None for any number."""
    if isinstance(trait, Values):
        return 0
    read = list(signature(trait).parameters.values())[1:]
    return None if any(each.kind is Parameter.VAR_POSITIONAL for each in read) else len(read)


def _changes(output: Output) -> bool:
    """Whether the layer makes something of the one value that arrives."""
    layer = find(output.node.type)
    if layer is None or layer.values is None or output.port != layer.outputs[0]:
        return False
    return _reads(layer.values) == 1


def _given(output: Output, arriving: Sequence[LayerRange]) -> LayerRange | None:
    """What the layer's own file says of what leaves."""
    layer = find(output.node.type)
    assert layer is not None
    made = layer.values
    if made is not None and not isinstance(made, Values):
        if _reads(made) not in (None, len(arriving)):
            return None  # a wire is missing
        setting = output.level.setting
        try:
            settings = layer.settings({param.name: setting(output.node.name, param.name) for param in layer.params})
        except BadSetting:
            return None
        made = made(settings, *arriving)
    if made is None:
        return None
    known = made if isinstance(made, LayerRange) else LayerRange(made.low, made.high, made.kind, output)
    if isnan(known.low) or isnan(known.high):  # infinite minus infinite is anything
        return LayerRange(kind=known.kind, by=known.by) if known.kind else None
    return known


def _hull(parts: Sequence[LayerRange | None]) -> LayerRange | None:
    """One range around several; what is said of all is said of it."""
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    whole = around(*known)
    assert isinstance(whole, LayerRange)
    return whole
