"""Positions as sine and cosine waves of different lengths."""

import math

import torch
from torch import nn


class PositionalEncoding(nn.Module):
    """Adds sine and cosine waves, from short to long, that tell the steps of a sequence apart."""

    waves: torch.Tensor

    def __init__(self, steps: int, features: int) -> None:
        super().__init__()
        rates = torch.exp(torch.arange(0, features, 2) * (-math.log(10000.0) / features))
        angles = torch.arange(steps).unsqueeze(1) * rates
        waves = torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :features]
        self.register_buffer("waves", waves, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.waves
