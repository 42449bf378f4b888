"""One weight."""

import torch
from torch import nn


class LearnableNumber(nn.Module):
    """Gives its only weight to every sample of a batch."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(start))

    def forward(self, batch: int) -> torch.Tensor:
        return self.value.expand(batch)
