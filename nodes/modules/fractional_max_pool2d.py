"""Fractional max pooling whose windows are drawn in training only."""

import torch
from torch import nn


class FractionalMaxPool2d(nn.FractionalMaxPool2d):
    """As torch's, but in evaluation the windows lie the same way each time, so that an answer can be repeated."""

    def __init__(self, kernel_size: int | tuple[int, int], output_ratio: float) -> None:
        super().__init__(kernel_size, output_ratio=output_ratio)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            return super().forward(x)
        samples = x.new_full((x.shape[0], x.shape[1], 2), 0.5)
        pooled: torch.Tensor = nn.functional.fractional_max_pool2d(
            x, self.kernel_size, self.output_size, self.output_ratio, _random_samples=samples
        )
        return pooled
