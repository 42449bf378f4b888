"""Random noise, in training only."""

import torch
from torch import nn


class GaussianNoise(nn.Module):
    """Adds normal noise of this deviation while training."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x
