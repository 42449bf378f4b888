"""In which range the values at a place of a drawing lie, and which function saw to that.

Only what must be so is said; where nobody can know, the answer is None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, isnan, log, prod
from typing import Literal

from app.core.graph.model import Wire
from app.core.unfolded import Level, Output, producers
from nodes.api.registry import find

# raw: of any size and sign, as a weighted sum gives them. centred: around 0, so that some are below. relu, softmax and
# log_softmax: as this function gives them; log_softmax also for other logarithms of probabilities.
Kind = Literal["", "raw", "centred", "relu", "softmax", "log_softmax"]


@dataclass(frozen=True)
class Range:
    """The values lie from ``low`` to ``high``; ``by`` is the layer that keeps them there or, if raw, made them."""

    low: float
    high: float
    kind: Kind = ""
    by: Output | None = None


SAME_VALUES = frozenset({"Flatten", "Reshape", "Permute", "Squeeze", "Unsqueeze", "Select", "Slice", "Repeat"})
DROPPING = frozenset({"Dropout", "Dropout2d"})
_POOLS = ("AvgPool", "MaxPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "GlobalAvgPool")
_MERGES = frozenset({"Add", "Mean", "Multiply", "Subtract", "Concat"})
_SUMS = ("convolution", "dense", "attention", "normalization")  # categories whose layers give numbers of any size
_SAME_SIGNS = ("ScaledDotProductAttention", "LocalResponseNorm")  # means of what arrives, and shares of it
_GELU_LOW, _SILU_LOW, _SELU_LOW = -0.17, -0.2785, -1.7581  # the lowest points of these curves
_DEEPEST = 40  # merges above merges that are followed


def range_at(level: Level, wire: Wire) -> Range | None:
    """What is known of the values that arrive over ``wire``."""
    return _Ranges().at(level, wire, 0)


class _Ranges:
    """Works out ranges, each merge once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Range | None] = {}

    def at(self, level: Level, wire: Wire, depth: int) -> Range | None:
        """The range behind ``wire``; ``depth`` counts the merges on the way."""
        changes: list[Callable[[Range], Range | None]] = []
        while True:
            found = list(producers(level, wire))
            if len(found) != 1:
                known = _hull([self._of(each, depth + 1) for each in found], keep=True) if depth < _DEEPEST else None
                break
            (output,) = found
            change = _changed(output)
            if change is None:
                known = self._of(output, depth)
                break
            changes.append(change)
            level, arriving = output.level, output.arriving()
            if len(arriving) != 1:
                return None
            wire = arriving[0]
        for change in reversed(changes):
            if known is None:
                return None
            known = change(known)
        return known

    def _of(self, output: Output, depth: int) -> Range | None:
        """The range of one output."""
        if output.node.type not in _MERGES:
            if _changed(output) is None:
                return _made(output)
            arriving = output.arriving()
            before = self.at(output.level, arriving[0], depth) if len(arriving) == 1 and depth < _DEEPEST else None
            change = _changed(output)
            return change(before) if before is not None and change is not None else None
        key = id(output.level), output.node.name
        if key not in self._known:
            self._known[key] = None  # while it is worked out: a repeated block reads itself
            if depth < _DEEPEST:
                parts = [self.at(output.level, wire, depth + 1) for wire in output.arriving()]
                self._known[key] = _merged(output, parts)
        return self._known[key]


def _made(output: Output) -> Range | None:
    """The range of a layer that gives the same one whatever arrives."""
    node, layer = output.node, find(output.node.type)
    if layer is None or output.port != (layer.outputs or ("",))[0]:
        return None
    known = {
        "Sigmoid": (0.0, 1.0),
        "Tanh": (-1.0, 1.0),
        "HardThreshold": (0.0, 1.0),
        "Softplus": (0.0, inf),
        "GELU": (_GELU_LOW, inf),
        "SiLU": (_SILU_LOW, inf),
        "SELU": (_SELU_LOW, inf),
        "OneHot": (0.0, 1.0),
    }
    match node.type:
        case "Softmax":
            return Range(0.0, 1.0, "softmax", output)
        case "LogSoftmax":
            return Range(-inf, 0.0, "log_softmax", output)
        case "ReLU":
            return Range(0.0, inf, "relu", output)
        case "ELU":
            alpha = output.level.setting(node.name, "alpha")
            return Range(-abs(alpha), inf, "", output) if isinstance(alpha, int | float) else None
        case "Standardize":
            return Range(-inf, inf, "centred", output)
        case "Constant":
            value = output.level.setting(node.name, "value")
            return Range(value, value, "", output) if isinstance(value, int | float) else None
        case "LeakyReLU" | "PReLU" | "Embedding":
            return Range(-inf, inf, "raw", output)
        case "RNN" | "LSTM" | "GRU":
            return Range(-inf, inf, "raw", output)  # at most 1 in size for most settings, but none are probabilities
    if node.type in known:
        low, high = known[node.type]
        return Range(low, high, "", output)
    if layer.role == "source":
        shape = output.level.report.nodes[node.name].outputs.get(output.port)
        if shape is not None and shape.dtype == "int" and shape.classes is not None:
            return Range(0.0, float(shape.classes - 1), "", output)
        return None
    return Range(-inf, inf, "raw", output) if layer.category in _SUMS and _own(output) else None


def _own(output: Output) -> bool:
    """Whether a layer of these categories gives a sum; layers of the user's own may do anything."""
    layer = find(output.node.type)
    return layer is not None and layer.function.__module__.startswith("nodes.") and layer.id not in _SAME_SIGNS


def _changed(output: Output) -> Callable[[Range], Range | None] | None:
    """What a layer with one input makes of the range that arrives; None for one that makes its own."""
    kind = output.node.type
    if kind in SAME_VALUES or kind == "ToFloat":
        return lambda known: known
    if kind in DROPPING:
        share = output.level.setting(output.node.name, "p")
        return lambda known: _dropped(known, share, output)
    if kind == "GaussianNoise":
        return lambda known: replace(known, low=-inf, high=inf)
    if kind.startswith(_POOLS) or kind in ("Upsample", "PixelShuffle"):
        return _pooled
    if kind == "Negate":
        return lambda known: Range(-known.high, -known.low, known.kind if known.kind == "raw" else "", output)
    if kind == "Exp":
        return lambda known: Range(_exp(known.low), _exp(known.high), _EXP.get(known.kind, ""), output)
    if kind == "Log":
        return lambda known: _logarithm(known, output)
    return None


_EXP: dict[str, Kind] = {"log_softmax": "softmax"}


def _dropped(known: Range, share: object, output: Output) -> Range:
    """A dropout makes what it leaves larger."""
    if not isinstance(share, int | float) or not 0 < share < 1:
        return known
    low, high = min(known.low / (1 - share), 0.0), max(known.high / (1 - share), 0.0)
    widened = known.low < low or known.high < high
    return replace(known, low=low, high=high, by=known.by if known.kind or not widened else output)


def _pooled(known: Range) -> Range:
    # A border of zeros may take part in an average. The mean of logarithms is no logarithm of a mean.
    if known.kind == "log_softmax":
        return Range(-inf, 0.0, "", known.by)
    return replace(known, low=min(known.low, 0.0), kind="" if known.kind == "relu" else known.kind)


def _logarithm(known: Range, output: Output) -> Range | None:
    if known.low < 0 or known.high > 1:
        return None  # of sums that may have been divided by their total nobody knows
    return Range(-inf, log(known.high) if known.high > 0 else 0.0, "log_softmax", output)


def _exp(value: float) -> float:
    return exp(value) if value < 700 else inf


def _merged(output: Output, parts: Sequence[Range | None]) -> Range | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known:
        return None
    lows, highs = [part.low for part in known], [part.high for part in known]
    raw: Kind = "raw" if any(part.kind in ("raw", "centred") for part in known) else ""
    match output.node.type:
        case "Concat":
            return _hull(parts, keep=True)
        case "Add":
            return _sound(Range(sum(lows), sum(highs), raw, output))
        case "Mean":
            alike = {part.kind for part in known} == {"softmax"}
            return _sound(
                Range(sum(lows) / len(known), sum(highs) / len(known), "softmax" if alike else raw, known[0].by)
            )
        case "Subtract" if len(known) == 2:
            return _sound(Range(lows[0] - highs[1], highs[0] - lows[1], raw, output))
        case "Multiply":
            if all(low >= 0 for low in lows):
                return _sound(Range(prod(lows), prod(highs), "", output))
            return Range(-inf, inf, raw, output) if raw else None
    return None


def _sound(known: Range) -> Range | None:
    """Infinite minus infinite is anything."""
    if isnan(known.low) or isnan(known.high):
        return Range(-inf, inf, known.kind, known.by) if known.kind else None
    return known


def _hull(parts: Sequence[Range | None], *, keep: bool) -> Range | None:
    """One range around several; what is said of all is said of it, if ``keep``."""
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    kinds = {part.kind for part in known}
    kind = known[0].kind if keep and len(kinds) == 1 else ""
    return Range(min(part.low for part in known), max(part.high for part in known), kind, known[0].by)
