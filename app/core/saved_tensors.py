"""What a training step keeps between the way forward and the way back, layer by layer.

torch's gradients need some of what went forward: a convolution its input, a ReLU its output, an addition neither.
A value that nobody needs is given back at once. So the memory of a step is not the sum of all values that the layers
make, but of those that somebody keeps, and of what some layers keep besides (the places of a maximum, the mask of a
dropout, the gates of an LSTM).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from app.core.compile.used_nodes import printed_nodes
from app.core.graph.model import Graph, Node
from app.core.inference import GraphReport, NodeReport
from nodes.api import Layer
from nodes.api.registry import find
from nodes.api.saves import FLOAT, INPUTS, NOTHING, VIEW, Extra, Saves, bytes_of, times

# What is usual in a category. A layer of another one that does not say what it saves is taken to save everything, which
# is rather too much than too little.
_OF_CATEGORY = {"convolution": INPUTS, "dense": INPUTS, "pooling": INPUTS, "activation": INPUTS, "merge": NOTHING,
                "normalization": INPUTS, "reshape": VIEW, "arithmetic": INPUTS, "embedding": NOTHING}  # fmt: skip
_UNKNOWN = Saves(inputs=True, output=True)
_LOSS = Saves(inputs=True, extra=times(2))  # what it compares, and its own steps on the way


def saves_of(layer: Layer) -> Saves:
    """What a layer saves until the way back."""
    if layer.saves is not None:
        return layer.saves
    return _LOSS if layer.role == "loss" else _OF_CATEGORY.get(layer.category, _UNKNOWN)


def _extra(layer: Layer, node: Node, known: NodeReport, extra: Extra | None) -> int:
    """Bytes of one sample that a layer saves besides what arrives and leaves, by its ``extra`` or its ``untouched``."""
    if extra is None:
        return 0
    arrived = [shape for shapes in known.inputs.values() for shape in shapes]
    settings = {param.name: param.default for param in layer.params} | dict(node.params)  # built, so they are checked
    return extra(arrived, next(iter(known.outputs.values())), settings)


class _Value:
    """One value on its way: its bytes, whether gradients flow back through it, whether somebody keeps it."""

    __slots__ = ("bytes", "grad", "kept")

    def __init__(self, size: int, grad: bool, kept: bool = False) -> None:
        self.bytes, self.grad, self.kept = size, grad, kept


@dataclass(frozen=True, slots=True)
class SavedTensors:
    """Bytes of one sample in a training step: ``values`` are kept until the way back, ``largest`` is the largest
    single value, ``entering`` is what the data consists of. ``trained`` and ``frozen`` count weights. ``untouched`` is
    what of the values is never written to. ``pieces`` are the values one by one, largest first, and ``tensors`` the
    bytes of each trained tensor of weights."""

    values: int
    largest: int
    entering: int
    trained: int
    frozen: int
    untouched: int = 0
    pieces: tuple[int, ...] = ()
    tensors: tuple[int, ...] = ()


def saved_by(report: GraphReport) -> SavedTensors:
    """What the main graph keeps. The result is kept with the report, so asking again costs nothing."""
    found: SavedTensors | None = report.__dict__.get("_kept")
    if found is None:
        walk = _SavedTensorsWalk()
        walk.graph(report, {}, 1, True)
        pieces = tuple(sorted((value.bytes for value in walk.made if value.kept), reverse=True))
        counted = walk.largest, walk.entering, walk.trained, walk.frozen, walk.untouched
        found = SavedTensors(walk.extra + sum(pieces), *counted, pieces, tuple(walk.tensors))
        report.__dict__["_kept"] = found
    return found


def saved_at(node: Node, known: NodeReport) -> SavedTensors:
    """What one layer or block takes by itself: its outputs, and what it keeps besides."""
    walk = _SavedTensorsWalk()
    owned = node.shares is None
    layer = find(node.type)
    if known.inner is not None:
        walk.graph(known.inner, {}, node.repeat, owned)
        values = sum(value.bytes for value in walk.made if value.kept) + walk.extra
        return SavedTensors(values, walk.largest, 0, walk.trained, walk.frozen, walk.untouched)
    if layer is None or known.built is None:
        return SavedTensors(0, 0, 0, 0, 0)
    rule = saves_of(layer)
    outputs = 0 if rule.view else sum(bytes_of(shape) for shape in known.outputs.values())
    extra, untouched = (_extra(layer, node, known, each) * node.repeat for each in (rule.extra, rule.untouched))
    frozen = known.built.call.frozen
    return SavedTensors(
        outputs * node.repeat + extra,
        0,
        0,
        0 if frozen else known.parameters,
        known.parameters if frozen else 0,
        untouched,
    )


class _SavedTensorsWalk:
    """One pass over a drawing, into its blocks too."""

    def __init__(self) -> None:
        self.made: list[_Value] = []
        self.extra = self.untouched = 0
        self.largest = self.entering = self.trained = self.frozen = 0
        self.tensors: list[int] = []

    def graph(self, report: GraphReport, arriving: Mapping[str, _Value], times: int, owned: bool) -> dict[str, _Value]:
        """Go through a graph. Gives what leaves at the outputs of a block; ``arriving`` is what enters at its inputs.

        ``times`` is how often all of this stands in a row; ``owned`` says that the weights are not another block's.
        """
        graph = report.graph
        used = printed_nodes(report)
        values: dict[tuple[str, str], _Value] = {}
        leaving: dict[str, _Value] = {}
        for name in report.order:
            node, known, layer = graph.nodes[name], report.nodes[name], find(graph.nodes[name].type)
            if name not in used:
                continue
            role = layer.role if layer is not None else "layer"
            inputs = _arrived(graph, name, values)
            if role == "block_in":
                if name in arriving:
                    values[name, "output"] = arriving[name]
            elif role == "block_out":
                if inputs:
                    leaving[name] = inputs[0]
            elif role == "output":
                for value in inputs:
                    value.kept = True
            elif node.bypassed:
                for port, through in known.passes.items():
                    wire = graph.arriving(name, through)[0]
                    if (wire.source, wire.source_port) in values:
                        values[name, port] = values[wire.source, wire.source_port]
            elif known.inner is not None:
                for port, value in self._block(graph, node, known, values, times, owned).items():
                    values[name, port] = value
            elif layer is not None:
                if owned and known.built is not None and known.built.call.frozen:
                    self.frozen += known.parameters * times
                elif owned:
                    self.trained += known.parameters * times
                    if known.built is not None:
                        sizes = [prod(each) * FLOAT for each in known.built.weights.values()]
                        self.tensors += sizes * (times * node.repeat)
                self._layer(node, layer, known, inputs, values, times)
        return leaving

    def _block(
        self,
        graph: Graph,
        node: Node,
        known: NodeReport,
        values: Mapping[tuple[str, str], _Value],
        times: int,
        owned: bool,
    ) -> dict[str, _Value]:
        arriving = {
            wire.target_port: values[wire.source, wire.source_port]
            for wire in graph.into(node.name)
            if (wire.source, wire.source_port) in values
        }
        assert known.inner is not None
        before = {port: value.kept for port, value in arriving.items()}
        for value in arriving.values():
            value.kept = False
        leaving = self.graph(known.inner, arriving, times * node.repeat * known.steps, owned and node.shares is None)
        if node.repeat > 1 and any(value.kept for value in arriving.values()):
            for value in leaving.values():  # what leaves one repetition arrives at the next
                value.kept = True
        for port, value in arriving.items():
            value.kept = value.kept or before[port]
        return leaving

    def _layer(
        self,
        node: Node,
        layer: Layer,
        known: NodeReport,
        inputs: Sequence[_Value],
        values: dict[tuple[str, str], _Value],
        times: int,
    ) -> None:
        times *= node.repeat
        source = layer.role in ("source", "augmentation", "input")
        learns = known.built is not None and bool(known.built.weights) and not known.built.call.frozen
        grad = learns or any(value.grad for value in inputs)
        rule = saves_of(layer)
        if rule.view and inputs:
            for port in known.outputs:
                values[node.name, port] = inputs[0]
            return
        for port, shape in known.outputs.items():
            size = bytes_of(shape)
            self.largest = max(self.largest, 2 * size if rule.copies else size)
            self.entering += size if source else 0
            value = _Value(size * times, grad, source)
            values[node.name, port] = value
            self.made.append(value)
            if grad and (rule.output or (rule.inputs and node.repeat > 1)):
                value.kept = True
        if not grad or known.built is None:
            return
        if rule.inputs:
            for value in inputs:
                value.kept = True
        self.extra += _extra(layer, node, known, rule.extra) * times
        self.untouched += _extra(layer, node, known, rule.untouched) * times


def _arrived(graph: Graph, name: str, values: Mapping[tuple[str, str], _Value]) -> list[_Value]:
    found = (values.get((wire.source, wire.source_port)) for wire in graph.into(name))
    return [value for value in found if value is not None]
