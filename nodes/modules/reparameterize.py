"""A sample from a normal distribution that gradients can go through."""

import torch
from torch import nn


class Reparameterize(nn.Module):
    """Draws from N(mean, e^log_variance) while training; in evaluation it gives the mean."""

    def forward(self, mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return mean
        return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
