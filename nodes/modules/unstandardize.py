"""The way back from standardized numbers to the unit of the answers in the training data.

Who trains calls ``fit`` once, before the first step, with the answers of the training data, and not with what arrives
here: ``of_answers`` says so. Mean and deviation are buffers: they move with the model and are saved with its weights.
"""

import torch
from torch import nn


class Unstandardize(nn.Module):
    """Stretches and shifts numbers of mean 0 and deviation 1 to mean and deviation of the answers, as measured on the
    training data by fit. Until then it does nothing.

    There is a mean for each place of ``sizes``; where a size is 1, it is taken over that axis.
    """

    of_answers = True
    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(sizes))
        self.register_buffer("std", torch.ones(sizes))

    def fit(self, values: torch.Tensor) -> None:
        """Takes mean and deviation from the answers, samples first. What is missing or without an end counts for
        nothing, and answers that are all the same are only shifted."""
        if values.dim() <= self.mean.dim():
            values = values.reshape(len(values), *self.mean.shape)
        values = values.detach().to(torch.float64)
        axes = [0, *(axis for axis, size in enumerate(self.mean.shape, start=1) if size == 1)]
        known = values.isfinite()
        count = known.sum(axes, keepdim=True).clamp(min=1)
        mean = torch.where(known, values, 0.0).sum(axes, keepdim=True) / count
        std = (torch.where(known, values - mean, 0.0).square().sum(axes, keepdim=True) / count).sqrt()
        self.mean.copy_(mean[0])
        self.std.copy_(torch.where(std > 1e-7 * mean.abs(), std, 1.0)[0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.std + self.mean
