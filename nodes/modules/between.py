"""Points at which the gradient by what stands there can be asked for."""

import torch
from torch import nn


class Between(nn.Module):
    """A point on the straight line from each sample to another: anywhere while training, in the middle afterwards. Here
    a way back begins, so that a loss can ask for the gradient by these values."""

    def forward(self, x: torch.Tensor, other: torch.Tensor | None = None) -> torch.Tensor:
        if other is None:
            return x.detach().clone().requires_grad_()
        other = other.type_as(x)  # autocast gives what a layer has made 16 bits
        share = torch.full((len(x), *[1] * (x.dim() - 1)), 0.5, dtype=x.dtype, device=x.device)
        if self.training:
            share = torch.rand_like(share)
        return torch.lerp(x.detach(), other.detach(), share).requires_grad_()
