"""A piece of a picture, read with a grid of Gaussian filters (Gregor et al. 2015)."""

import torch
from torch import nn


class Glimpse(nn.Module):
    """Reads ``size`` × ``size`` dots around a place: where holds x and y, from −1 to 1 across the picture, and the
    logarithm of how much of its longer side is read."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x, where):
        longer = max(x.shape[2:])
        rows = self.filters(where[:, 1], where[:, 2], x.shape[2], longer)
        columns = self.filters(where[:, 0], where[:, 2], x.shape[3], longer)
        return rows[:, None] @ x @ columns[:, None].transpose(2, 3)

    def filters(self, middle, zoom, side, longer):
        apart = (longer / self.size * zoom.exp())[:, None]  # from one filter to the next, in dots
        steps = torch.arange(self.size, device=zoom.device) - (self.size - 1) / 2
        places = (middle[:, None] + 1) / 2 * side + steps * apart
        dots = torch.arange(side, device=zoom.device) + 0.5
        weights = torch.exp(-2 * ((dots - places[:, :, None]) / apart[:, :, None]) ** 2)  # deviation: half of apart
        return weights / weights.sum(2, keepdim=True).clamp(min=1e-3)
