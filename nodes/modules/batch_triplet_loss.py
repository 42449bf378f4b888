"""The triplet loss within a batch (Schroff et al. 2015, Hermans et al. 2017)."""

import torch
from torch import nn


class BatchTripletLoss(nn.Module):
    """Sets lists (n, features) of the same label (n,) nearer to each other than to those of others, by ``margin``. Of
    the triplets in the batch count: ``hard``, for each sample the farthest of its label and the nearest of another;
    ``semi-hard``, for each two of a label the nearest other one that is farther than the second, or else the farthest;
    ``all``, every one that is not far enough apart. The mean over them; 0 where there are none."""

    def __init__(self, margin: float, mining: str) -> None:
        super().__init__()
        self.margin = margin
        self.mining = mining

    def forward(self, codes: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        apart = (codes.unsqueeze(1) - codes + 1e-6).square().sum(-1).sqrt()
        alike = target.unsqueeze(1) == target
        other = ~alike
        positive = alike & ~torch.eye(len(codes), dtype=torch.bool, device=codes.device)
        if self.mining == "hard":
            far = apart.masked_fill(~positive, -1.0).amax(1)
            near = apart.masked_fill(~other, torch.inf).amin(1)
            loss = (far - near + self.margin).clamp(min=0)
            counts = positive.any(1) & other.any(1)
        elif self.mining == "semi-hard":
            beyond = other.unsqueeze(1) & (apart.unsqueeze(1) > apart.unsqueeze(2))  # anchor, positive, negative
            near = apart.unsqueeze(1).masked_fill(~beyond, torch.inf).amin(2)
            far = apart.masked_fill(~other, -1.0).amax(1, keepdim=True).expand_as(near)
            near = torch.where(beyond.any(2), near, far)
            loss = (apart - near + self.margin).clamp(min=0)
            counts = positive & other.any(1, keepdim=True)
        else:
            loss = (apart.unsqueeze(2) - apart.unsqueeze(1) + self.margin).clamp(min=0)
            counts = positive.unsqueeze(2) & other.unsqueeze(1) & (loss > 0)
        return torch.where(counts, loss, 0.0).sum() / counts.sum().clamp(min=1)
