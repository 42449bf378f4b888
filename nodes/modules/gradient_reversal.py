"""Gradients that come back with the other sign."""

import torch
from torch import nn


class Reversed(torch.autograd.Function):
    """Hands on its input; its gradient comes back times minus ``factor``."""

    @staticmethod
    def forward(ctx, x: torch.Tensor, factor: float) -> torch.Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient: torch.Tensor):
        return -ctx.factor * gradient, None


class GradientReversal(nn.Module):
    """Values go through; gradients come back times minus this factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        turned: torch.Tensor = Reversed.apply(x, self.factor)
        return turned
