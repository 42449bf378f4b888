"""Functions of each value by itself."""

from __future__ import annotations

from collections.abc import Callable
from math import erf, exp, log1p, pi, sqrt, tanh
from typing import Any

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import ElementwiseStage, FunctionStage, SoftmaxStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index, Stage, moved_axis, part


def each(
    x: Stage, rule: str, one: Callable[[float], float], said: Callable[[float, float], list[str]]
) -> FunctionStage:
    """A function that is written for one number."""
    return FunctionStage(x, rule, np.vectorize(one, otypes=[np.float64]), said)


def sigmoid(x: Stage) -> FunctionStage:
    """1 / (1 + exp(−x))."""
    return each(x, "The sigmoid: 1 / (1 + exp(−x)).", _sigmoid, _said_sigmoid)


def hyperbolic(x: Stage) -> FunctionStage:
    """tanh(x)."""
    return each(x, "The hyperbolic tangent.", tanh, lambda v, r: [f"tanh({short(v)}) = {short(r)}"])


def rectified(x: Stage) -> FunctionStage:
    """max(0, x)."""
    return each(
        x,
        "Negative values become 0, others stay.",
        lambda v: max(v, 0.0),
        lambda v, r: [f"max(0, {short(v)}) = {short(r)}"],
    )


def gaussian(x: Stage, approximate: str = "none") -> FunctionStage:
    """The value times the share of a normal distribution below it."""
    if approximate == "tanh":
        return each(
            x,
            "GELU by its approximation: 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).",
            lambda v: 0.5 * v * (1 + tanh(sqrt(2 / pi) * (v + 0.044715 * v**3))),
            lambda v, r: [f"gelu({short(v)}) = {short(r)}"],
        )
    return each(
        x,
        "GELU: the value times the share Φ of a normal distribution that lies below it.",
        lambda v: 0.5 * v * (1 + erf(v / sqrt(2))),
        lambda v, r: [f"{short(v)} × Φ({short(v)}) = {short(v)} × {short(0.5 * (1 + erf(v / sqrt(2))))} = {short(r)}"],
    )


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def _said_sigmoid(x: float, result: float) -> list[str]:
    return [f"1 / (1 + exp({short(-x)})) = 1 / {short(1 + exp(min(-x, 700)))} = {short(result)}"]


@arithmetic("ReLU")
def relu(at: LayerCall) -> Stages:
    """max(0, x)."""
    return {"output": rectified(at.x)}


@arithmetic("ReLU6")
def relu6(at: LayerCall) -> Stages:
    """max(0, x), but at most 6."""
    return {
        "output": each(
            at.x,
            "Negative values become 0, values above 6 become 6.",
            lambda v: min(max(v, 0.0), 6.0),
            lambda v, r: [f"min(max(0, {short(v)}), 6) = {short(r)}"],
        )
    }


@arithmetic("Sigmoid")
def sigmoid_layer(at: LayerCall) -> Stages:
    """1 / (1 + exp(−x))."""
    return {"output": sigmoid(at.x)}


@arithmetic("Tanh")
def tanh_layer(at: LayerCall) -> Stages:
    """tanh(x)."""
    return {"output": hyperbolic(at.x)}


@arithmetic("Softmax")
def softmax(at: LayerCall) -> Stages:
    """Shares of 1."""
    return {"output": _along(at, log=False)}


@arithmetic("LogSoftmax")
def log_softmax(at: LayerCall) -> Stages:
    """Logarithms of shares of 1."""
    return {"output": _along(at, log=True)}


def _along(at: LayerCall, log: bool) -> Stage:
    """Along the axis of the module: of an image that of its channels."""
    module: Any = at.module
    axis = module.dim % (len(at.x.shape) + 1) - 1
    last = len(at.x.shape) - 1
    if axis == last:
        return SoftmaxStage(at.x, log)
    return moved_axis(SoftmaxStage(moved_axis(at.x, axis, last), log), last, axis)


@arithmetic("ELU")
def elu(at: LayerCall) -> Stages:
    """x, or alpha · (exp(x) − 1) below 0."""
    alpha = float(at.settings["alpha"])
    return {
        "output": each(
            at.x,
            "Positive values stay; below 0 it is alpha · (exp(x) − 1).",
            lambda v: v if v > 0 else alpha * (exp(v) - 1),
            lambda v, r: [f"{short(alpha)} × (exp({short(v)}) − 1) = {short(r)}"] if v <= 0 else _stays(v),
        )
    }


@arithmetic("SELU")
def selu(at: LayerCall) -> Stages:
    """scale · x, or scale · alpha · (exp(x) − 1) below 0."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return {
        "output": each(
            at.x,
            "1.0507 · x; below 0 it is 1.0507 · 1.6733 · (exp(x) − 1).",
            lambda v: scale * (v if v > 0 else alpha * (exp(v) - 1)),
            lambda v, r: [
                f"1.0507 × {short(v)} = {short(r)}" if v > 0 else f"1.7581 × (exp({short(v)}) − 1) = {short(r)}"
            ],
        )
    }


@arithmetic("GELU")
def gelu(at: LayerCall) -> Stages:
    """x · Φ(x)."""
    return {"output": gaussian(at.x, str(at.settings["approximate"]))}


@arithmetic("SiLU")
def silu(at: LayerCall) -> Stages:
    """x · sigmoid(x)."""
    return {
        "output": each(
            at.x,
            "The value times its sigmoid.",
            lambda v: v * _sigmoid(v),
            lambda v, r: [f"{short(v)} × sigmoid({short(v)}) = {short(v)} × {short(_sigmoid(v))} = {short(r)}"],
        )
    }


@arithmetic("Hardswish")
def hardswish(at: LayerCall) -> Stages:
    """x · min(max(x + 3, 0), 6) / 6."""
    return {
        "output": each(
            at.x,
            "The value times a straight line from 0 at −3 to 1 at 3.",
            lambda v: v * min(max(v + 3, 0.0), 6.0) / 6,
            lambda v, r: [f"{bracketed(v)} × {short(min(max(v + 3, 0.0), 6.0) / 6)} = {short(r)}"],
        )
    }


@arithmetic("Mish")
def mish(at: LayerCall) -> Stages:
    """x · tanh(log(1 + exp(x)))."""

    def soft(v: float) -> float:
        return v if v > 30 else log1p(exp(v))

    return {
        "output": each(
            at.x,
            "The value times tanh(log(1 + exp(x))).",
            lambda v: v * tanh(soft(v)),
            lambda v, r: [f"{bracketed(v)} × tanh({short(soft(v))}) = {short(r)}"],
        )
    }


@arithmetic("GLU")
def gated(at: LayerCall) -> Stages:
    """The first half, as far as the sigmoid of the second half lets it through."""
    module: Any = at.module
    axis = module.dim % (len(at.x.shape) + 1) - 1
    half = at.x.shape[axis] // 2
    cut = [tuple([slice(0, None)] * axis + [slice(start, start + half)]) for start in (0, half)]
    values, gates = (part(at.x, each_cut) for each_cut in cut)
    gate = sigmoid(gates).named(at.node, "gate")
    rule = "A value of the first half times the sigmoid of its gate in the second half."
    return {"output": ElementwiseStage([values, gate], "product", rule), "gate": gate}


@arithmetic("Softplus")
def softplus(at: LayerCall) -> Stages:
    """log(1 + exp(beta · x)) / beta."""
    beta, threshold = float(at.settings["beta"]), float(at.settings["threshold"])

    def one(v: float) -> float:
        return v if v * beta > threshold else log1p(exp(v * beta)) / beta

    return {
        "output": each(
            at.x,
            "log(1 + exp(beta · x)) / beta; the value itself where beta · x is above the threshold.",
            one,
            lambda v, r: (
                _stays(v)
                if v * beta > threshold
                else [f"log(1 + exp({short(beta)} × {bracketed(v)})) / {short(beta)} = {short(r)}"]
            ),
        )
    }


@arithmetic("LeakyReLU")
def leaky_relu(at: LayerCall) -> Stages:
    """x, or slope · x below 0."""
    slope = float(at.settings["negative_slope"])
    return {
        "output": each(
            at.x,
            "Positive values stay; negative ones become smaller by a fixed factor.",
            lambda v: v if v > 0 else slope * v,
            lambda v, r: _stays(v) if v > 0 else [f"{short(slope)} × {bracketed(v)} = {short(r)}"],
        )
    }


@arithmetic("HardThreshold")
def hard_threshold(at: LayerCall) -> Stages:
    """1 above the threshold, else 0."""
    threshold = float(at.settings["threshold"])
    return {
        "output": each(
            at.x,
            "1 if the value lies above the threshold, else 0.",
            lambda v: 1.0 if v > threshold else 0.0,
            lambda v, r: [f"{short(v)} {'>' if r else '≤'} {short(threshold)}, so {short(r)}"],
        )
    }


class _Parametric(FunctionStage):
    """A ReLU whose slope below 0 is learned, one for all or one for each channel."""

    def __init__(self, x: Stage, weight: Stage, channel: Callable[[Index], Index]) -> None:
        super().__init__(x, "Positive values stay; negative ones are multiplied by a learned slope.", lambda v: v)
        self._weight, self._channel = weight, channel

    def made(self, index: Index) -> Derivation:
        x, weight = self._x.term(index), self._weight.term(self._channel(index))
        result = x.value if x.value > 0 else weight.value * x.value
        lines = (
            _stays(x.value) if x.value > 0 else [f"{bracketed(weight.value)} × {bracketed(x.value)} = {short(result)}"]
        )
        return Derivation("function", self._rule, result, (x, weight), lines=tuple(lines))


@arithmetic("PReLU")
def prelu(at: LayerCall) -> Stages:
    """x, or a learned slope times x below 0."""
    weight = at.weight("weight")
    many = weight.shape[0] > 1
    # A sequence has its features last, an image its channels first.
    axis = 1 if len(at.x.shape) == 2 else 0
    return {"output": _Parametric(at.x, weight, lambda index: (index[axis],) if many else (0,))}


def _stays(value: float) -> list[str]:
    return [f"{short(value)} stays as it is"]
