"""Of boxes that lie on each other, only the surest is left."""

import torch
from torch import nn


class NonMaximumSuppression(nn.Module):
    """Of boxes (n, ..., boxes, 4), how surely there is something in each (n, ..., boxes) and scores of classes (n, ...,
    classes) the up to ``most`` surest, (n, most, 6): middle, width, height, score and class, from 1 on, the surest
    first. A score is how surely there is something, times the probability of the likeliest class. Boxes below ``score``
    are left out, and those that share more than ``overlap`` (intersection over union) with a surer one of their class
    that is left in; the rows behind the last are 0. No gradient goes through it."""

    def __init__(self, score: float, overlap: float, most: int) -> None:
        super().__init__()
        self.score = score
        self.overlap = overlap
        self.most = most

    def forward(self, boxes: torch.Tensor, sure: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        boxes, sure, scores = boxes.detach(), sure.detach(), scores.detach()
        likely, kind = scores.softmax(-1).max(-1)
        score = (sure * likely.unsqueeze(-1)).flatten(1)
        kind = kind.unsqueeze(-1).expand(sure.shape).flatten(1)
        score, order = score.sort(dim=1, descending=True, stable=True)
        kind = kind.gather(1, order)
        boxes = boxes.flatten(1, -2).gather(1, order.unsqueeze(-1).expand(-1, -1, 4))
        low, high = boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2
        shared = torch.minimum(high[:, :, None], high[:, None]) - torch.maximum(low[:, :, None], low[:, None])
        shared = shared.clamp(min=0).prod(-1)
        area = boxes[..., 2:].prod(-1)
        covers = shared > self.overlap * (area[:, :, None] + area[:, None] - shared)
        covers = covers & (kind[:, :, None] == kind[:, None])
        place = torch.arange(score.shape[1], device=score.device)
        covers = covers & (place[:, None] < place)  # a surer one covers a less sure one
        left = score > self.score
        for each in range(score.shape[1]):
            left = left & ~(left[:, each : each + 1] & covers[:, each])
        found = torch.cat([boxes, score.unsqueeze(-1), kind.unsqueeze(-1) + 1.0], -1) * left.unsqueeze(-1)
        first = (~left).to(torch.int8).sort(dim=1, stable=True).indices[:, : self.most]
        found = found.gather(1, first.unsqueeze(-1).expand(-1, -1, 6))
        return nn.functional.pad(found, (0, 0, 0, self.most - found.shape[1]))
