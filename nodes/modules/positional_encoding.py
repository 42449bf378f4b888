"""Positions as sine and cosine waves of different lengths."""

import math

import torch
from torch import nn


class PositionalEncoding(nn.Module):
    """Adds sine and cosine waves, from short to long, that tell the steps of a sequence apart. With 0 steps they are
    made for as many as arrive."""

    waves: torch.Tensor

    def __init__(self, steps: int, features: int) -> None:
        super().__init__()
        self.steps, self.features = steps, features
        self.register_buffer("waves", self.made(steps), persistent=False)

    def made(self, steps: int) -> torch.Tensor:
        """The waves (steps, features)."""
        rates = torch.exp(torch.arange(0, self.features, 2) * (-math.log(10000.0) / self.features))
        angles = torch.arange(steps).unsqueeze(1) * rates
        return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, : self.features]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + (self.waves if self.steps else self.made(x.shape[1]).to(x))
