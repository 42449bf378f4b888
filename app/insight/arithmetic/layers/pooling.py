"""Windows without weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.insight.arithmetic.asked import Asked, Stages
from app.insight.arithmetic.operations import Largest
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.sliding import adaptive_members, window_form, window_members
from app.insight.arithmetic.stage import swapped


@arithmetic("MaxPool1d", "MaxPool2d", "MaxPool3d")
def largest(at: Asked) -> Stages:
    """The largest value of each window."""
    module: Any = at.module
    sequence = len(at.x.shape) == 2
    x = swapped(at.x) if sequence else at.x
    axes = len(x.shape) - 1
    kernel = _sides(module.kernel_size, axes)
    stride, padding = _sides(module.stride or module.kernel_size, axes), _sides(module.padding, axes)
    members = window_members(x.shape[1:], kernel, stride, padding, _sides(module.dilation, axes))
    output = at.output["output"].T if sequence else at.output["output"]
    made = Largest(x, output, members, "The largest value of the window.", window_form(members))
    return {"output": swapped(made) if sequence else made}


@arithmetic("AdaptiveMaxPool2d")
def adaptive_largest(at: Asked) -> Stages:
    """The largest value of windows that cover the image evenly."""
    output = at.output["output"]
    members = adaptive_members(at.x.shape[1:], output.shape[1:])
    return {"output": Largest(at.x, output, members, "The largest value of the window.", window_form(members))}


@arithmetic("AvgPool1d", "AvgPool2d", "AvgPool3d", "AdaptiveAvgPool2d", "GlobalAvgPool")
def average(at: Asked) -> Stages:
    """The mean of each window."""
    return {"output": at.shares("The mean of the window.")}


@arithmetic("Upsample")
def upsample(at: Asked) -> Stages:
    """Copies, or a mix of the neighbours."""
    if at.settings.get("mode") == "nearest":
        return {"output": at.moved()}
    return {"output": at.shares("A mix of the nearest values, each as much as it is near.")}


@arithmetic("PixelShuffle")
def pixel_shuffle(at: Asked) -> Stages:
    """Channels become neighbours."""
    return {"output": at.moved()}


def _sides(value: Any, axes: int) -> Sequence[int]:
    return (value,) * axes if isinstance(value, int) else tuple(value)
