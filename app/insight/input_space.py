"""What the units of a deep layer look for in the input: all kernels on the way as one."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import nn

from app.core.compile.net import CompiledNet
from app.core.compile.summary import summary_of
from app.core.inference import infer
from app.insight.anatomy import picture_input, probe_name
from app.insight.capture import array, device_of, undisturbed
from app.insight.receptive import field_of, sides_of, value_shape
from app.insight.tiles import NoPicture

LEAST, MOST_WORK = 16, 30_000_000_000  # units that are worked out, and multiply-adds that all of them may take
MOST_VALUES = 40_000_000  # of all pieces together


def opened(model: nn.Module) -> nn.Module:
    """A copy in which every activation lets everything through and each maximum is a mean, so that a net of
    convolutions is linear."""
    model = copy.deepcopy(model)
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.MaxPool2d) and child.dilation in (1, (1, 1)):
                pool = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(parent, name, pool)
            elif isinstance(child, nn.AdaptiveMaxPool2d):
                setattr(parent, name, nn.AdaptiveAvgPool2d(child.output_size))
            elif type(child).__module__ == "torch.nn.modules.activation" and not isinstance(
                child, nn.MultiheadAttention | nn.Softmax | nn.LogSoftmax
            ):
                setattr(parent, name, nn.Identity())
    return model


def in_input_space(net: CompiledNet, model: nn.Module, node: str, most: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """The gradient of each unit at the middle of its map by the picture, in the opened net, cut to its receptive field:
    ``(units, channels, height, width)``, and height and width.

    Raises:
        NoPicture: if the net reads no picture alone, or the layer does not depend on it.
    """
    if len(net.plan.inputs) != 1 or net.plan.inputs[0].shape.rank != 3:
        raise NoPicture("Only filters of a net that reads a picture, and nothing else, can be shown in its space.")
    entry = picture_input(net)
    shape = value_shape(net, node)
    sides = sides_of(shape)
    place = tuple(side // 2 for side in sides)
    if shape.rank not in (1, 3):
        raise NoPicture(f"{node} gives neither maps nor a list of numbers, so it has no units to show.")
    rows, columns = field_of(net, model, node, place, entry).inside
    if rows[1] < rows[0] or columns[1] < columns[0]:
        raise NoPicture(f"The middle of {node} sees nothing but padding.")
    size = rows[1] - rows[0] + 1, columns[1] - columns[0] + 1
    channels = entry.shape.sizes[0]
    count = min(shape.sizes[0], most, max(1, MOST_VALUES // (channels * size[0] * size[1])))
    if net.project is not None:
        work = summary_of(infer(net.project).main).multiply_adds
        count = min(count, max(LEAST, MOST_WORK // max(work, 1)))
    copied, name = opened(model), probe_name(net, node)
    pieces = []
    with undisturbed(copied, True), torch.enable_grad():
        picture = torch.zeros(1, *entry.shape.sizes, device=device_of(model), requires_grad=True)
        value = net.capture(copied, [picture], [name], grad=True, no_further=True)[name]
        if not value.requires_grad:
            raise NoPicture(f"{node} does not depend on {entry.variable}.")
        for unit in range(count):
            (gradient,) = torch.autograd.grad(value[(0, unit, *place)], picture, retain_graph=True)
            pieces.append(gradient[0, :, rows[0] : rows[1] + 1, columns[0] : columns[1] + 1])
    return array(torch.stack(pieces), f"What {node} looks for"), size
