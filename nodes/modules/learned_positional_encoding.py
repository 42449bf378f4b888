"""Positions as learned numbers."""

import torch
from torch import nn


class LearnedPositionalEncoding(nn.Module):
    """Adds learned numbers to every step of a sequence."""

    def __init__(self, steps: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(steps, features))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.weight
