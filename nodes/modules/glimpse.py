"""A piece of an image, read through a grid of Gaussian filters."""

import torch
from torch import nn


class Glimpse(nn.Module):
    """Reads ``size`` × ``size`` values of images (n, channels, height, width) around a place. where (n, 3) holds x and
    y of its middle, from −1 to 1 across the image, and z: a window is e^z · ``share`` of the longer side wide."""

    def __init__(self, size: int, share: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.share = share

    def forward(self, x: torch.Tensor, where: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        height, width = x.shape[2:]
        reach = self.share * max(height, width) * where[:, 2].exp()  # in pixels
        rows = self.filters(where[:, 1], reach, height)
        columns = self.filters(where[:, 0], reach, width)
        middle = (where[:, :2] + 1) / 2
        window = torch.cat([middle, reach[:, None] / width, reach[:, None] / height], 1)
        return rows @ x @ columns.transpose(2, 3), window

    def filters(self, middle: torch.Tensor, reach: torch.Tensor, side: int) -> torch.Tensor:
        apart = (reach / self.size)[:, None, None]  # from one filter to the next
        steps = torch.arange(self.size, device=reach.device) - (self.size - 1) / 2
        places = (middle[:, None, None] + 1) / 2 * side + steps[:, None] * apart
        pixels = torch.arange(side, device=reach.device) + 0.5
        deviation = (apart / 2).clamp(min=0.5)  # a filter never falls between two pixels
        return (-0.5 * ((pixels - places) / deviation) ** 2).softmax(2)[:, None]
