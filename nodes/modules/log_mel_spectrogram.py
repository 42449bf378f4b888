"""Waves as pictures of how loud each pitch is in each moment."""

import math

import torch
from torch import nn


class LogMelSpectrogram(nn.Module):
    """The power of short stretches of a wave in bands that lie as the ear hears them, as a logarithm: (batch, channels,
    values) becomes (batch, channels, mels, frames). What is quieter than a ten-billionth of full scale counts as that.
    """

    window: torch.Tensor
    bands: torch.Tensor

    def __init__(self, sample_rate: int, n_fft: int, hop_length: int, n_mels: int) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        # Triangles whose corners are evenly spread in mel = 2595 · log10(1 + f / 700).
        top = 2595 * math.log10(1 + sample_rate / 2 / 700)
        mels = torch.linspace(0, top, n_mels + 2, dtype=torch.float64)
        corners = (700 * (10 ** (mels / 2595) - 1)).unsqueeze(1)
        pitches = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * sample_rate / n_fft
        rising = (pitches - corners[:-2]) / (corners[1:-1] - corners[:-2])
        falling = (corners[2:] - pitches) / (corners[2:] - corners[1:-1])
        self.register_buffer("bands", torch.minimum(rising, falling).clamp(min=0).float(), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        half = self.n_fft // 2  # of silence around, so that the first frame has its middle at the first value
        frames = nn.functional.pad(x.flatten(0, -2), (half, half)).unfold(-1, self.n_fft, self.hop_length)
        spectrum = torch.view_as_real(torch.fft.rfft(frames * self.window))
        power = spectrum.square().sum(-1).transpose(-1, -2)
        loudness = (self.bands @ power).clamp(min=1e-10).log()
        return loudness.reshape(*x.shape[:-1], *loudness.shape[-2:])
