"""Bands of time and frequency that are hidden, in training only."""

import torch
from torch import nn


class SpectrogramMask(nn.Module):
    """Sets a stretch of neighbouring frames and a band of neighbouring frequencies of each spectrogram (..., bands,
    frames) to its mean while training: of random length up to these, and at most half of all."""

    def __init__(self, frames: int, bands: int) -> None:
        super().__init__()
        self.frames = frames
        self.bands = bands

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        hidden = self._hidden(x, self.frames, x.shape[-1]).unsqueeze(-2)
        hidden = hidden | self._hidden(x, self.bands, x.shape[-2]).unsqueeze(-1)
        mean = x.flatten(1).mean(1).view(-1, *[1] * (x.dim() - 1))
        return torch.where(hidden.view(-1, *[1] * (x.dim() - 3), *x.shape[-2:]), mean, x)

    def _hidden(self, x: torch.Tensor, most: int, count: int) -> torch.Tensor:
        """Which of so many neighbours are hidden, for each sample."""
        drawn = torch.rand(2, len(x), 1, device=x.device)
        length = (drawn[0] * (min(most, count // 2) + 1)).floor()
        first = (drawn[1] * (count - length + 1)).floor()
        place = torch.arange(count, device=x.device)
        return (place >= first) & (place < first + length)
