"""Whole modalities are left out, in training only (Neverova et al. 2016)."""

import torch
from torch import nn


class ModalityDropout(nn.Module):
    """Joins what several modalities say of a sample, (n, ..., features) each, along the last axis. While training each
    is zero for a whole sample with probability ``p``, but never all of them: where all would be, all are left."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, *xs: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return torch.cat(xs, -1)
        kept = torch.rand(len(xs), len(xs[0]), device=xs[0].device) >= self.p
        kept = kept | ~kept.any(0)
        return torch.cat([x * kept[at].view(-1, *[1] * (x.dim() - 1)) for at, x in enumerate(xs)], -1)
