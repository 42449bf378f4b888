"""Weights whose largest stretch is one."""

import torch
from torch import nn


def divided_by_stretch(weight: torch.Tensor, left: torch.Tensor, right: torch.Tensor, steps: int) -> torch.Tensor:
    """The weight by its largest singular value, which ``steps`` of the power iteration find; they move the vectors."""
    matrix = weight.flatten(1)
    with torch.no_grad():
        for _ in range(steps):
            left.copy_(nn.functional.normalize(matrix @ right, dim=0))
            right.copy_(nn.functional.normalize(matrix.T @ left, dim=0))
    stretched = (matrix @ right.clone()).type_as(left)  # autocast gives 16 bits
    return weight / torch.dot(left.clone(), stretched)


class SpectralLinear(nn.Linear):
    """A fully connected layer that stretches no vector: its weight is divided by its largest singular value."""

    left: torch.Tensor
    right: torch.Tensor

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__(in_features, out_features, bias)
        self.register_buffer("left", nn.functional.normalize(torch.randn(out_features), dim=0))
        self.register_buffer("right", nn.functional.normalize(torch.randn(in_features), dim=0))
        with torch.no_grad():
            divided_by_stretch(self.weight, self.left, self.right, 15)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = divided_by_stretch(self.weight, self.left, self.right, int(self.training))
        return nn.functional.linear(x, weight, self.bias)


class SpectralConv2d(nn.Conv2d):
    """A convolution whose filters, side by side as a matrix, are divided by its largest singular value."""

    left: torch.Tensor
    right: torch.Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, bias=bias)
        self.register_buffer("left", nn.functional.normalize(torch.randn(out_channels), dim=0))
        self.register_buffer("right", nn.functional.normalize(torch.randn(self.weight[0].numel()), dim=0))
        with torch.no_grad():
            divided_by_stretch(self.weight, self.left, self.right, 15)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = divided_by_stretch(self.weight, self.left, self.right, int(self.training))
        return nn.functional.conv2d(x, weight, self.bias, self.stride, self.padding)
