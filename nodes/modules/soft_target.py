"""A copy of a net that follows it slowly, as it is printed into the generated file."""

import copy

import torch
from torch import nn


class SoftTarget(nn.Module):
    """A copy of the model whose weights go a part ``tau`` of the way to the model's with every batch."""

    def __init__(self, model, tau):
        super().__init__()
        self.copy = copy.deepcopy(model).requires_grad_(False).eval()
        self.tau = tau
        self.batches = 0

    def forward(self, *inputs):
        return self.copy(*inputs)

    @torch.no_grad()
    def update(self, model):
        """Takes in a batch that the model has learned from."""
        self.batches += 1
        for own, other in zip(self.copy.parameters(), model.parameters()):
            own.lerp_(other, self.tau)
        for own, other in zip(self.copy.buffers(), model.buffers()):
            own.copy_(other)
