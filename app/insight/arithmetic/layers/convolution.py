"""Convolutions, and their way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.layers.dense import unstretched
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.sliding import ConvolutionStage, TransposedConvolutionStage
from app.insight.arithmetic.stage import Stage, swapped


@arithmetic("CausalConv1d", "Conv1d", "Conv2d", "Conv3d")
def convolution(at: LayerCall) -> Stages:
    """A window of weights at each place."""
    return _slid(at, at.weight("weight"))


@arithmetic("SpectralConv2d")
def spectral(at: LayerCall) -> Stages:
    """A convolution with weights that are divided by their largest stretch."""
    weight = unstretched(at)
    return {**_slid(at, weight), weight.what: weight}


def _slid(at: LayerCall, weight: Stage) -> Stages:
    module: Any = at.module
    sequence = len(at.x.shape) == 2
    x = swapped(at.x) if sequence else at.x
    made = ConvolutionStage(
        x,
        at.output["output"].T if sequence else at.output["output"],
        weight,
        at.maybe("bias"),
        stride=module.stride,
        margins=_margins(at, module),
        dilation=module.dilation,
        groups=module.groups,
        mode=module.padding_mode,
    )
    return {"output": swapped(made) if sequence else made}


def _margins(at: LayerCall, module: Any) -> Sequence[int]:
    """How many places are added before each side. The drawing says it: where they are uneven, they are added in front
    of the module, which then knows nothing of them."""
    axes = len(module.kernel_size)
    # A causal convolution has no such setting: it adds all it needs before the first step.
    causal = axes == 1 and bool(at.settings) and "padding" not in at.settings
    if causal:
        return [module.dilation[0] * (module.kernel_size[0] - 1)]
    padding = at.settings.get("padding", module.padding)
    if padding == "valid":
        return [0] * axes
    if padding == "same":
        return [gap * (size - 1) // 2 for size, gap in zip(module.kernel_size, module.dilation)]
    return [int(padding)] * axes if isinstance(padding, int) else [int(each) for each in padding]


@arithmetic("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
def transposed(at: LayerCall) -> Stages:
    """What windows of weights paint for every input, added up."""
    module: Any = at.module
    sequence = len(at.x.shape) == 2
    made = TransposedConvolutionStage(
        swapped(at.x) if sequence else at.x,
        at.output["output"].T if sequence else at.output["output"],
        at.weight("weight"),
        at.maybe("bias"),
        stride=module.stride,
        padding=module.padding,
        dilation=module.dilation,
        groups=module.groups,
    )
    return {"output": swapped(made) if sequence else made}


@arithmetic("SeparableConv2d")
def separable(at: LayerCall) -> Stages:
    """A window for each channel alone, then a sum over the channels."""
    module: Any = at.module
    depthwise = module.depthwise
    weight = at.weight("depthwise.weight")

    def between() -> Any:
        with torch.no_grad():
            x = torch.from_numpy(at.x.values)[None].to(depthwise.weight.device, depthwise.weight.dtype)
            return depthwise(functional.pad(x, _added(at, depthwise)))[0].detach().double().cpu().numpy()

    alone: Stage = ConvolutionStage(
        at.x,
        between,
        weight,
        None,
        stride=depthwise.stride,
        margins=_margins(at, depthwise),
        dilation=depthwise.dilation,
        groups=depthwise.groups,
    ).named(at.node, "one window for each channel")
    mixed = ConvolutionStage(
        alone,
        at.output["output"],
        at.weight("pointwise.weight"),
        at.maybe("pointwise.bias"),
        stride=(1, 1),
        margins=(0, 0),
        dilation=(1, 1),
    )
    return {"output": mixed, "one window for each channel": alone}


def _added(at: LayerCall, module: Any) -> list[int]:
    """The zeros that are added in front of the module, as ``functional.pad`` takes them: the last side first."""
    if isinstance(module.padding, str):
        return []
    found = []
    uneven = at.settings.get("padding") == "same"
    for axis, before in enumerate(_margins(at, module)):
        after = module.dilation[axis] * (module.kernel_size[axis] - 1) - before if uneven else before
        found.append((before - module.padding[axis], after - module.padding[axis]))
    return [number for pair in reversed(found) for number in pair]


@arithmetic("LocallyConnected2d")
def local(at: LayerCall) -> Stages:
    """A window of its own for each place."""
    expand: Any = getattr(at.module, "expand", None)
    return {
        "output": ConvolutionStage(
            at.x,
            at.output["output"],
            at.weight("weight"),
            at.maybe("bias"),
            stride=_pair(expand.stride),
            margins=_pair(expand.padding),
            dilation=(1, 1),
            local=True,
        )
    }


def _pair(value: Any) -> Sequence[int]:
    return (value, value) if isinstance(value, int) else tuple(value)
