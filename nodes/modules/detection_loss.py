"""The loss of a detector with a grid (after Redmon et al. 2016)."""

import torch
from torch import nn


class DetectionLoss(nn.Module):
    """Compares the boxes of a grid (n, rows, columns, boxes, 4), how surely there is something in each and the scores
    of the classes with true boxes (n, most, 4) and their classes (n, most), from 1 on, 0 for none. For each object the
    box of its cell that overlaps it most is asked to be where it is, to be as sure as that overlap is large, and its
    cell to tell the class; every other box, to see nothing. The sum over the cells, the mean over the samples."""

    def __init__(self, place: float, empty: float) -> None:
        super().__init__()
        self.place = place
        self.empty = empty

    def forward(
        self,
        boxes: torch.Tensor,
        sure: torch.Tensor,
        scores: torch.Tensor,
        true_boxes: torch.Tensor,
        true_kinds: torch.Tensor,
    ) -> torch.Tensor:
        samples, rows, columns, each = sure.shape
        there = true_kinds > 0
        column = (true_boxes[..., 0] * columns).long().clamp(0, columns - 1)
        row = (true_boxes[..., 1] * rows).long().clamp(0, rows - 1)
        cell = row * columns + column  # of each object
        candidates = boxes.flatten(1, 2).gather(1, cell[..., None, None].expand(-1, -1, each, 4))
        overlap = self.overlap(candidates.detach(), true_boxes.unsqueeze(2))
        best, chosen = overlap.max(-1)
        told = candidates.gather(2, chosen[..., None, None].expand(-1, -1, 1, 4)).squeeze(2)
        sides = torch.tensor([columns, rows], dtype=boxes.dtype, device=boxes.device)
        middle = ((told[..., :2] - true_boxes[..., :2]) * sides).square().sum(-1)  # in cells
        size = (told[..., 2:].clamp(min=1e-6).sqrt() - true_boxes[..., 2:].sqrt()).square().sum(-1)
        places = ((middle + size) * there).sum()
        which = cell * each + chosen
        wanted = sure.new_zeros(samples, rows * columns * each)
        wanted = wanted.scatter_reduce(1, which, best * there, "amax")
        served = sure.new_zeros(samples, rows * columns * each).scatter_reduce(1, which, there.to(sure.dtype), "amax")
        weight = torch.where(served > 0, 1.0, self.empty)
        objects = (weight * (sure.flatten(1) - wanted).square()).sum()
        known = scores.flatten(1, 2).gather(1, cell.unsqueeze(-1).expand(-1, -1, scores.shape[-1]))
        named = nn.functional.cross_entropy(known.movedim(-1, 1), (true_kinds - 1).clamp(min=0), reduction="none")
        return (self.place * places + objects + (named * there).sum()) / samples

    def overlap(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """Intersection over union of boxes of middle, width and height."""
        high = torch.minimum(first[..., :2] + first[..., 2:] / 2, second[..., :2] + second[..., 2:] / 2)
        low = torch.maximum(first[..., :2] - first[..., 2:] / 2, second[..., :2] - second[..., 2:] / 2)
        shared = (high - low).clamp(min=0).prod(-1)
        return shared / (first[..., 2:].prod(-1) + second[..., 2:].prod(-1) - shared).clamp(min=1e-9)
