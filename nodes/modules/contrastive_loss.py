"""The loss of Hadsell et al. 2006."""

import torch
from torch import nn


class ContrastiveLoss(nn.Module):
    """Pulls pairs together whose target is above 0, and pushes the others apart."""

    def __init__(self, margin: float) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, input1: torch.Tensor, input2: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        distance = nn.functional.pairwise_distance(input1, input2)
        missing = (self.margin - distance).clamp(min=0)
        return 0.5 * torch.where(target > 0, distance, missing).square().mean()
