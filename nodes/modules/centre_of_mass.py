"""Where the values of an image lie in the mean."""

import torch
from torch import nn


class CentreOfMass(nn.Module):
    """x and y of the centre of each channel of images (n, channels, height, width), from −1 to 1 across the image:
    (n, 2 · channels). Values are weights and must not be below 0; where all of them are 0 the middle is given."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2:]
        across = (torch.arange(width, device=x.device, dtype=x.dtype) + 0.5) * 2 / width - 1
        down = (torch.arange(height, device=x.device, dtype=x.dtype) + 0.5) * 2 / height - 1
        total = x.sum((2, 3)).clamp(min=1e-6)
        middle_x, middle_y = (x.sum(2) * across).sum(2) / total, (x.sum(3) * down).sum(2) / total
        return torch.stack([middle_x, middle_y], 2).flatten(1)
