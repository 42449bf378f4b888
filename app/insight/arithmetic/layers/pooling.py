"""Windows without weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.notation import short
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import MaximumStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.sliding import adaptive_members, window_form, window_members
from app.insight.arithmetic.stage import Index, Stage, swapped


@arithmetic("MaxPool1d", "MaxPool2d", "MaxPool3d")
def largest(at: LayerCall) -> Stages:
    """The largest value of each window."""
    module: Any = at.module
    sequence = len(at.x.shape) == 2
    x = swapped(at.x) if sequence else at.x
    axes = len(x.shape) - 1
    kernel = _sides(module.kernel_size, axes)
    stride, padding = _sides(module.stride or module.kernel_size, axes), _sides(module.padding, axes)
    members = window_members(x.shape[1:], kernel, stride, padding, _sides(module.dilation, axes))
    output = at.output["output"].T if sequence else at.output["output"]
    made = MaximumStage(x, output, members, "The largest value of the window.", window_form(members))
    return {"output": swapped(made) if sequence else made}


@arithmetic("AdaptiveMaxPool2d")
def adaptive_largest(at: LayerCall) -> Stages:
    """The largest value of windows that cover the image evenly."""
    output = at.output["output"]
    members = adaptive_members(at.x.shape[1:], output.shape[1:])
    return {"output": MaximumStage(at.x, output, members, "The largest value of the window.", window_form(members))}


@arithmetic("AvgPool1d", "AvgPool2d", "AvgPool3d", "AdaptiveAvgPool2d", "GlobalAvgPool", "MeanOverTime")
def average(at: LayerCall) -> Stages:
    """The mean of each window."""
    return {"output": at.shares("The mean of the window.")}


@arithmetic("Grayscale")
def grey(at: LayerCall) -> Stages:
    """One number of the three colours of a pixel."""
    return {"output": at.shares("The three colours of the pixel, each with its share of the brightness.")}


@arithmetic("Upsample")
def upsample(at: LayerCall) -> Stages:
    """Copies, or a mix of the neighbours."""
    if at.settings.get("mode") == "nearest":
        return {"output": at.moved()}
    return {"output": at.shares("A mix of the nearest values, each as much as it is near.")}


@arithmetic("UpsampleLike")
def upsample_like(at: LayerCall) -> Stages:
    """The same to the size of another image."""
    if at.settings.get("mode") == "nearest":
        return {"output": at.moved("x")}
    return {"output": at.shares("A mix of the nearest values, each as much as it is near.")}


@arithmetic("MaxUnpool2d")
def unpool(at: LayerCall) -> Stages:
    """Back to the place of the largest; zeros elsewhere."""
    return {"output": at.moved("x")}


@arithmetic("FractionalMaxPool2d")
def fractional(at: LayerCall) -> Stages:
    """The largest of windows that are drawn in training: the layer itself is asked which one it was."""
    return {"output": at.shares("The largest value of its window; where windows lie is drawn in training.")}


class _Powers(Stage):
    """The root of the sum of powers over a window."""

    def __init__(self, x: Stage, members: Callable[[Index], list[Index]], size: int, power: float, values: Any) -> None:
        self._x, self._members, self._size, self._power, self._values = x, members, size, power, values

    @cached_property
    def values(self) -> np.ndarray:
        return np.asarray(self._values)

    def made(self, index: Index) -> Derivation:
        terms = tuple(self._x.term(place) for place in self._members(index))
        p = self._power
        # A window that hangs over the end counts as a whole one.
        total = sum(term.value**p for term in terms) * self._size / len(terms)
        result = total if p == 1 else float(total ** (1 / p))  # other powers are even, so their sum is not below 0
        line = f"{short(total)} ^ (1/{p:g}) = {short(result)}"
        rule = f"The values of the window to the power of {p:g}, added up; the root of the sum."
        return Derivation("function", rule, result, terms, lines=(line,))


@arithmetic("LPPool2d")
def powers(at: LayerCall) -> Stages:
    """Between the sum and the largest."""
    module: Any = at.module
    kernel = _sides(module.kernel_size, 2)
    members = window_members(at.x.shape[1:], kernel, _sides(module.stride or module.kernel_size, 2), (0, 0), (1, 1))
    size = kernel[0] * kernel[1]
    return {"output": _Powers(at.x, members, size, float(module.norm_type), at.output["output"])}


@arithmetic("PixelShuffle")
def pixel_shuffle(at: LayerCall) -> Stages:
    """Channels become neighbours."""
    return {"output": at.moved()}


def _sides(value: Any, axes: int) -> Sequence[int]:
    return (value,) * axes if isinstance(value, int) else tuple(value)
