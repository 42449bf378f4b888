"""A copy of a net that stands still for a while, as it is printed into the generated file."""

import copy

import torch
from torch import nn


class HardTarget(nn.Module):
    """A copy of the model whose weights are copied again after every so many batches."""

    def __init__(self, model, every):
        super().__init__()
        self.copy = copy.deepcopy(model).requires_grad_(False).eval()
        self.every = every
        self.batches = 0

    def forward(self, *inputs):
        return self.copy(*inputs)

    @torch.no_grad()
    def update(self, model):
        """Takes in a batch that the model has learned from."""
        self.batches += 1
        if self.batches % self.every == 0:
            self.copy.load_state_dict(model.state_dict())
