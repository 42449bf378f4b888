"""The perceptron's step."""

import torch
from torch import nn


class HardThreshold(nn.Module):
    """1 above the threshold, else 0. With sign and relu the gradient is zero; a comparison would have none at all."""

    def __init__(self, threshold: float = 0.0) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sign(x - self.threshold).relu()
