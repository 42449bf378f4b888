"""What a training step keeps between the way forward and the way back, layer by layer.

torch's gradients need some of what went forward: a convolution its input, a ReLU its output, an addition neither.
A value that nobody needs is given back at once. So the memory of a step is not the sum of all values that the layers
make, but of those that somebody keeps, and of what some layers keep besides (the places of a maximum, the mask of a
dropout, the gates of an LSTM).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from app.core.compile.used import printed_nodes
from app.core.graph.model import Graph, Node
from app.core.inference import GraphReport, NodeReport
from nodes.api import Layer, Shape
from nodes.api.registry import find

FLOAT, INT = 4, 8  # bytes of a float32 and of the int64 that torch uses for labels, words and places

Extra = Callable[[NodeReport, Mapping[str, object]], int]  # bytes for one sample besides inputs and output


def bytes_of(shape: Shape) -> int:
    """Bytes of one sample of this shape."""
    return shape.values * (INT if shape.dtype == "int" else FLOAT)


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether a layer keeps what arrives and what leaves, whether its output is its input seen in another way, and
    what it keeps besides. ``copies`` says that it turns round what arrives and its gradient, so that each stands there
    twice while it computes. A layer that is not listed keeps everything, which is rather too much than too little."""

    inputs: bool = False
    output: bool = False
    view: bool = False
    extra: Extra | None = None
    copies: bool = False


def _out(known: NodeReport) -> int:
    return bytes_of(next(iter(known.outputs.values())))


def _in(known: NodeReport) -> int:
    return sum(bytes_of(shape) for shapes in known.inputs.values() for shape in shapes)


def _places(known: NodeReport, params: Mapping[str, object]) -> int:
    """One int64 for each value that leaves: where the maximum stood."""
    return 2 * _out(known)


def _mask(known: NodeReport, params: Mapping[str, object]) -> int:
    return _out(known)


def _whole(params: Mapping[str, object], name: str, usual: int) -> int:
    value = params.get(name, usual)
    return value if isinstance(value, int) else usual


def _cells(gates: int, lanes: int = 1) -> Extra:
    """Recurrent layers: gates, state and output of every step, of every layer and direction. An LSTM on a CPU fills
    its rows up to whole lanes."""

    def extra(known: NodeReport, params: Mapping[str, object]) -> int:
        time = next(iter(known.inputs.values()))[0].sizes[0]
        rows = _whole(params, "num_layers", 1) * (2 if params.get("bidirectional") else 1)
        units = -(-_whole(params, "hidden_size", 64) // lanes) * lanes
        return FLOAT * time * rows * gates * units

    return extra


def _lstm(known: NodeReport, params: Mapping[str, object]) -> int:
    """torch computes one with a projection step by step in its own way, without oneDNN's filled rows."""
    return (_cells(8) if params.get("proj_size") else _cells(16, 16))(known, params)


def _sums(known: NodeReport, params: Mapping[str, object]) -> int:
    """Maxout: the sums that compete, and which of them are largest."""
    return _out(known) * _whole(params, "pieces", 2)


def _windows(known: NodeReport, params: Mapping[str, object]) -> int:
    """Locally connected: every window of the image, side by side."""
    (channels, *_), output = next(iter(known.inputs.values()))[0].sizes, next(iter(known.outputs.values())).sizes
    kernel = params.get("kernel_size", (3, 3))
    return FLOAT * channels * prod(output[1:]) * prod(kernel if isinstance(kernel, tuple) else (3, 3))


def _between(known: NodeReport, params: Mapping[str, object]) -> int:
    """Separable convolution: what stands between its two convolutions."""
    arrived, output = next(iter(known.inputs.values()))[0], next(iter(known.outputs.values()))
    return FLOAT * arrived.sizes[0] * prod(output.sizes[1:])


def _attention(time: int, others: int, features: int, heads: int, drops: bool) -> int:
    """One attention: queries, keys, values and their mix. Only with a dropout does torch keep how much each step
    attends to each other; otherwise it works that out again on the way back."""
    weights = heads * time * others * 3 if drops else heads * time
    return FLOAT * (3 * time * features + 2 * others * features + weights)


def _drops(params: Mapping[str, object], usual: float) -> bool:
    return bool(params.get("dropout", usual))


def _heads(known: NodeReport, params: Mapping[str, object]) -> int:
    arrived = [shapes[0] for shapes in known.inputs.values()]
    time, features = arrived[0].sizes
    others = arrived[1].sizes[0] if len(arrived) > 1 else time
    return _attention(time, others, features, _whole(params, "num_heads", 4), _drops(params, 0.0))


def _dot_products(known: NodeReport, params: Mapping[str, object]) -> int:
    """Query and key once more, scaled, and how much each step attends to each other."""
    query, key, _ = (shapes[0] for shapes in known.inputs.values())
    return bytes_of(query) + bytes_of(key) + FLOAT * query.sizes[0] * key.sizes[0]


def _transformer(attentions: int) -> Extra:
    """A transformer layer: its attentions, both fully connected layers, and the norms and dropouts between them."""

    def extra(known: NodeReport, params: Mapping[str, object]) -> int:
        arrived = [shapes[0] for shapes in known.inputs.values()]
        time, features = arrived[0].sizes
        heads, inner = _whole(params, "nhead", 4), _whole(params, "dim_feedforward", 256)
        drops = _drops(params, 0.1)
        bends = 2 if params.get("activation") == "gelu" else 1
        total = FLOAT * time * (inner * (bends + 2 * drops) + features * (attentions + 1) * (2 + drops))
        for index in range(attentions):
            others = arrived[min(index, len(arrived) - 1)].sizes[0]
            total += _attention(time, others, features, heads, drops)
        return total

    return extra


def _times(count: int) -> Extra:
    return lambda known, params: count * _in(known)


INPUT, OUTPUT, NOTHING, VIEW = Rule(inputs=True), Rule(output=True), Rule(), Rule(view=True)
_OF_CATEGORY = {"convolution": INPUT, "dense": INPUT, "pooling": INPUT, "activation": INPUT, "merge": NOTHING,
                "normalization": INPUT, "reshape": VIEW, "arithmetic": INPUT, "embedding": NOTHING}  # fmt: skip
_RULES: Mapping[str, Rule] = {
    "Conv1d": Rule(inputs=True, copies=True),  # torch wants the steps last
    "ConvTranspose1d": Rule(inputs=True, copies=True),
    "LocallyConnected2d": Rule(extra=_windows),
    "SeparableConv2d": Rule(inputs=True, extra=_between),
    "Maxout": Rule(inputs=True, output=True, extra=_sums),
    "MaxPool1d": Rule(inputs=True, extra=_places),
    "MaxPool2d": Rule(inputs=True, extra=_places),
    "MaxPool3d": Rule(inputs=True, extra=_places),
    "AdaptiveMaxPool2d": Rule(inputs=True, extra=_places),
    "GlobalAvgPool": NOTHING,
    "PixelShuffle": NOTHING,
    "Upsample": NOTHING,
    "ReLU": OUTPUT,
    "Sigmoid": OUTPUT,
    "Tanh": OUTPUT,
    "Softmax": OUTPUT,
    "LogSoftmax": OUTPUT,
    "Standardize": NOTHING,
    "LocalResponseNorm": Rule(inputs=True, extra=_times(3)),
    "Dropout": Rule(extra=_mask),
    "Dropout2d": NOTHING,
    "AlphaDropout": Rule(extra=_mask),
    "GaussianNoise": NOTHING,
    "Dot": INPUT,
    "Multiply": INPUT,
    "GlobalStatistics": INPUT,
    "Pad": NOTHING,
    "Negate": NOTHING,
    "Exp": OUTPUT,
    "Reciprocal": Rule(output=True, extra=_mask),
    "Constant": VIEW,
    "LearnableNumber": VIEW,
    "Embedding": INPUT,
    "LSTM": Rule(inputs=True, output=True, extra=_lstm),
    "GRU": Rule(inputs=True, output=True, extra=_cells(8)),
    "RNN": Rule(inputs=True, output=True, extra=_cells(2)),
    "MultiheadAttention": Rule(inputs=True, extra=_heads),
    "ScaledDotProductAttention": Rule(inputs=True, output=True, extra=_dot_products),
    "TransformerEncoderLayer": Rule(inputs=True, extra=_transformer(1)),
    "TransformerDecoderLayer": Rule(inputs=True, extra=_transformer(2)),
}
_UNKNOWN = Rule(inputs=True, output=True)


def rule_of(layer: Layer) -> Rule:
    """What a layer keeps. A loss keeps what it compares, and its own steps on the way."""
    if layer.role == "loss":
        return Rule(inputs=True, extra=_times(2))
    return _RULES.get(layer.id) or _OF_CATEGORY.get(layer.category, _UNKNOWN)


class _Value:
    """One value on its way: its bytes, whether gradients flow back through it, whether somebody keeps it."""

    __slots__ = ("bytes", "grad", "kept")

    def __init__(self, size: int, grad: bool, kept: bool = False) -> None:
        self.bytes, self.grad, self.kept = size, grad, kept


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes of one sample in a training step: ``values`` are kept until the way back, ``largest`` is the largest
    single value, ``entering`` is what the data consists of. ``trained`` and ``frozen`` count weights."""

    values: int
    largest: int
    entering: int
    trained: int
    frozen: int


def kept_by(report: GraphReport) -> Kept:
    """What the main graph keeps. The result is kept with the report, so asking again costs nothing."""
    found: Kept | None = report.__dict__.get("_kept")
    if found is None:
        walk = _Walk()
        walk.graph(report, {}, 1, True)
        values = walk.extra + sum(value.bytes for value in walk.made if value.kept)
        found = Kept(values, walk.largest, walk.entering, walk.trained, walk.frozen)
        report.__dict__["_kept"] = found
    return found


def kept_at(node: Node, known: NodeReport) -> Kept:
    """What one layer or block takes by itself: its outputs, and what it keeps besides."""
    walk = _Walk()
    owned = node.shares is None
    layer = find(node.type)
    if known.inner is not None:
        walk.graph(known.inner, {}, node.repeat, owned)
        values = sum(value.bytes for value in walk.made if value.kept) + walk.extra
        return Kept(values, walk.largest, 0, walk.trained, walk.frozen)
    if layer is None or known.built is None:
        return Kept(0, 0, 0, 0, 0)
    rule = rule_of(layer)
    outputs = 0 if rule.view else sum(bytes_of(shape) for shape in known.outputs.values())
    extra = rule.extra(known, node.params) if rule.extra is not None else 0
    frozen = known.built.call.frozen
    return Kept((outputs + extra) * node.repeat, 0, 0, 0 if frozen else known.weights, known.weights if frozen else 0)


class _Walk:
    """One pass over a drawing, into its blocks too."""

    def __init__(self) -> None:
        self.made: list[_Value] = []
        self.extra = 0
        self.largest = self.entering = self.trained = self.frozen = 0

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
            elif node.muted:
                for port, through in known.passes.items():
                    wire = next(wire for wire in graph.into(name) if wire.target_port == through)
                    if (wire.source, wire.source_port) in values:
                        values[name, port] = values[wire.source, wire.source_port]
            elif known.inner is not None:
                for port, value in self._block(graph, node, known, values, times, owned).items():
                    values[name, port] = value
            elif layer is not None:
                if owned and known.built is not None and known.built.call.frozen:
                    self.frozen += known.weights * times
                elif owned:
                    self.trained += known.weights * times
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
        leaving = self.graph(known.inner, arriving, times * node.repeat, owned and node.shares is None)
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
        rule = rule_of(layer)
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
        if rule.extra is not None:
            self.extra += rule.extra(known, node.params) * times


def _arrived(graph: Graph, name: str, values: Mapping[tuple[str, str], _Value]) -> list[_Value]:
    found = (values.get((wire.source, wire.source_port)) for wire in graph.into(name))
    return [value for value in found if value is not None]
