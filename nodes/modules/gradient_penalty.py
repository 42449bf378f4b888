"""A penalty for how steep a score is."""

import torch
from torch import nn


class GradientPenalty(nn.Module):
    """How far the slope of each sample's score, by the values ``at`` that it was made from, is from the wanted one:
    squared, and the mean over the batch. 0 where nothing is learned from, because there are no gradients then."""

    def __init__(self, slope: float = 1.0) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, score: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        if not torch.is_grad_enabled():
            return score.new_zeros(())
        slopes = None
        if at.requires_grad and score.requires_grad:
            slopes = torch.autograd.grad(score.sum(), at, create_graph=True, allow_unused=True)[0]
        if slopes is None:
            raise ValueError(
                "the score has no slope there. Lead the layer Points between to the judge, what the judge says of "
                "it to the port score, and the same layer to the port at."
            )
        return (slopes.flatten(1).norm(dim=1) - self.slope).square().mean()
