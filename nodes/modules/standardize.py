"""Standardization with numbers from the training data.

Who trains calls ``fit`` once for every module that has it, in the order of ``forward`` and before the first step, with
what arrives at the module for the training data (for a large data set, a part of it). Mean and deviation are buffers:
they move with the model and are saved with its weights, so that nothing needs fitting when a model is loaded.
"""

import torch
from torch import nn


class Standardize(nn.Module):
    """Shifts and scales to mean 0 and deviation 1, as measured on the training data by fit. Until then it does nothing.

    There is a mean for each place of ``sizes``; where a size is 1, it is taken over that axis.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(sizes))
        self.register_buffer("std", torch.ones(sizes))

    def fit(self, values: torch.Tensor) -> None:
        """Takes mean and deviation from training data, samples first. What never changes is only shifted, and values
        that are missing or without an end count for nothing."""
        axes = [0, *(axis for axis, size in enumerate(self.mean.shape, start=1) if size == 1)]
        values = values.detach()
        known = values.isfinite()
        if bool(known.all()):
            std, mean = torch.std_mean(values, axes, correction=0, keepdim=True)
        else:
            count = known.sum(axes, keepdim=True).clamp(min=1)
            mean = torch.where(known, values, 0.0).sum(axes, keepdim=True) / count
            std = (torch.where(known, values - mean, 0.0).square().sum(axes, keepdim=True) / count).sqrt()
        self.mean.copy_(mean[0])
        self.std.copy_(torch.where(std > 1e-7 * mean.abs(), std, 1.0)[0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.std
