"""Standardization with numbers that are given."""

import torch
from torch import nn


class StandardizeWith(nn.Module):
    """Subtracts a mean and divides by a deviation: one number for all values, or one for each channel (or feature).

    The numbers belong to the drawing and not to what is learned, so they are not saved with the weights.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...], axes: int = 1) -> None:
        super().__init__()
        for name, numbers in (("mean", mean), ("std", std)):
            values = torch.tensor(numbers, dtype=torch.float32)
            self.register_buffer(name, values.reshape(-1, *[1] * (axes - 1)), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.std
