"""A convolution whose weights are not shared between places."""

import math

import torch
from torch import nn


class LocallyConnected2d(nn.Module):
    """A convolution with a kernel of its own for each place: weight[i, j] makes row i, column j of the output."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        image_size: tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        kernel, step, pad = (n if isinstance(n, tuple) else (n, n) for n in (kernel_size, stride, padding))
        rows, columns = ((image_size[i] + 2 * pad[i] - kernel[i]) // step[i] + 1 for i in (0, 1))
        self.expand = nn.Unfold(kernel, padding=pad, stride=step)
        self.weight = nn.Parameter(torch.empty(rows, columns, out_channels, in_channels, *kernel))
        self.bias = nn.Parameter(torch.empty(out_channels, rows, columns)) if bias else None
        bound = 1 / math.sqrt(in_channels * kernel[0] * kernel[1])
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        windows = self.expand(x).unflatten(2, self.weight.shape[:2])
        out = torch.einsum("bkij,ijok->boij", windows, self.weight.flatten(3))
        return out if self.bias is None else out + self.bias

    def initialised(self, fill, **options):
        """Other start values, for the kernel of each place by itself; biases start at zero."""
        for kernel in self.weight.detach().flatten(0, 1):
            fill(kernel, **options)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
        return self
