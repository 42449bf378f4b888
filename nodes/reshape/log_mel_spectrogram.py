"""Waves as spectrograms."""

import itertools
import math
from collections.abc import Sequence

from nodes.api import RAW, Built, Example, Int, SetParam, Settings, Shape, ShapeError, Sheet, layer, module
from nodes.api.saves import FLOAT, Saves
from nodes.api.shapes import describe


def _drawn(sheet: Sheet, settings: Settings) -> str:
    points = [(14 + step, 50 + 26 * math.sin(step / 3.1) * math.sin(step / 29)) for step in range(0, 92, 2)]
    for start, end in itertools.pairwise(points):
        sheet.segment(start, end, "family", 1.6)
    sheet.arrow((114, 50), (136, 50), "accent")
    for row in range(7):
        for column in range(7):
            near = math.exp(-((row - 2 - column / 3) ** 2) / 1.5)
            sheet.cell(144 + 12 * column, 8 + 12 * row, 12, 12, near, 0.6)
    sheet.text(186, 96, "time")
    return "Each column is a short stretch of the wave, each row a band of pitches, high ones on top of low ones below."


def _between(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """The spectrum, complex numbers, and the bands before and after the floor."""
    channels, bands, frames = left.sizes
    return FLOAT * channels * frames * (2 * (settings["n_fft"] // 2 + 1) + 2 * bands)


@layer(
    id="LogMelSpectrogram",
    name="Log-mel spectrogram",
    picture=_drawn,
    saves=Saves(extra=_between),
    values=RAW,
    stem="logmel",
    followed_by=["Standardize", "SpectrogramMask", "Conv2d"],
    formula="out[m, t] = log(max(Σ band[m, f] · |STFT(x)[f, t]|², 1e−10))",
    params=[
        Int("sample_rate", 16_000, low=100, high=384_000, label="values a second", help="The rate of the wave."),
        Int(
            "n_fft",
            512,
            low=2,
            high=65_536,
            label="stretch",
            help="How many values each column looks at. More tell pitches better apart, fewer tell moments.",
        ),
        Int("hop_length", 160, low=1, high=65_536, label="hop", card=True, help="Values from one column to the next."),
        Int("n_mels", 64, low=1, high=4_096, label="bands", card=True, help="How many bands of pitches, as rows."),
    ],
    examples=[
        Example(inputs=[(1, 16_000)], output=(1, 64, 101)),
        Example(inputs=[(2, 800)], params={"n_fft": 64, "hop_length": 40, "n_mels": 8}, output=(2, 8, 21)),
        Example(inputs=[(500,)], params={"n_fft": 128, "n_mels": 16}, output=(1, 16, 4)),
    ],
    words=["sound", "audio", "wave", "mel", "stft", "fourier", "frequency", "pitch", "mfcc"],
)
def log_mel_spectrogram(x: Shape, *, sample_rate: int, n_fft: int, hop_length: int, n_mels: int) -> Built:
    """Turns a wave into a picture of which pitches sound how loud in each moment, in bands as the ear hears them
    (Davis and Mermelstein 1980). Nothing is learned. A convolution reads it like any picture."""
    if x.dtype != "float" or x.rank not in (1, 2):
        raise ShapeError(
            f"This layer reads a wave (channels, values), but {describe(x)} arrives. Wire it to the wave of a source."
        )
    if n_mels > n_fft // 2:
        enough = min(65_536, 2 ** math.ceil(math.log2(4 * n_mels)))
        raise ShapeError(
            f"A stretch of {n_fft:,} values tells {n_fft // 2:,} pitches apart, too few for {n_mels:,} bands. "
            "Use fewer bands, or a longer stretch.",
            fixes=[SetParam("n_mels", max(1, n_fft // 2)), SetParam("n_fft", enough)],
        )
    channels, values = (1, *x.sizes) if x.rank == 1 else x.sizes
    frames = 1 + (values + 2 * (n_fft // 2) - n_fft) // hop_length
    call = module("modules.LogMelSpectrogram", sample_rate, n_fft, hop_length, n_mels)
    if x.rank == 1:
        call = call.used_as("{output} = {layer}({x}.unsqueeze(1))")
    bins = n_fft // 2 + 1
    work = n_mels * bins + n_fft * max(1, n_fft.bit_length())
    return Built(call, output=(channels, n_mels, frames), multiply_adds=channels * frames * work)
