"""2-D convolution with spectral norm."""

from collections.abc import Sequence
from math import prod

from nodes.api import (
    RAW,
    Built,
    Example,
    Int,
    Pair,
    Settings,
    Shape,
    Sheet,
    Switch,
    brief,
    differing,
    image,
    layer,
    module,
)
from nodes.api.saves import FLOAT, Saves
from nodes.convolution._sliding import positions, sliding


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(30, 22, 5, 5, 12, {(row, column): "pale" for row in range(3) for column in range(3)})
    sheet.frame(30, 22, 36, 36)
    sheet.arrow((96, 50), (142, 50), "accent")
    sheet.text(119, 38, "W / σ", "ink")
    sheet.grid(156, 30, 3, 3, 14, {(0, 0): "family"})
    return "A convolution whose filters, side by side as a matrix, are divided by its largest stretch σ."


def _divided(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """The divided weights, once for a batch: the share of each of 64 samples."""
    window: tuple[int, int] = settings["kernel_size"]
    return FLOAT * arrived[0].sizes[0] * left.sizes[0] * prod(window) // 64


@layer(
    id="SpectralConv2d",
    name="Spectral convolution 2-D",
    picture=_drawn,
    saves=Saves(inputs=True, extra=_divided),
    values=RAW,
    stem="conv",
    learns="weights",
    formula="out = conv(x, weight / σ) + bias, σ the largest singular value of weight as a matrix of filters",
    params=[
        Int("out_channels", 32, low=1, high=65_536, label="filters", card=True, help="How many patterns to look for."),
        Pair("kernel_size", 3, low=1, high=1024, label="kernel", card=True, help="Height and width of the window."),
        Pair("stride", 1, low=1, high=1024, card=True, help="How far the window moves in one step."),
        Pair("padding", 0, low=0, high=1024, help="Rows and columns of zeros on each side of the image."),
        Switch("bias", True, help="Adds one learned number to each filter's answer."),
    ],
    examples=[
        Example(inputs=[(3, 9, 9)], output=(32, 7, 7)),
        Example(
            inputs=[(4, 8, 6)],
            params={"out_channels": 8, "kernel_size": 4, "stride": 2, "padding": 1, "bias": False},
            output=(8, 4, 3),
        ),
    ],
    words=["spectral norm", "normalization", "lipschitz", "gan", "discriminator", "judge", "filter", "kernel"],
)
def spectral_conv2d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    bias: bool,
) -> Built:
    """A convolution whose weights are divided by the largest singular value of all its filters side by side, so that
    its answers do not run away. The judges of generative pairs use it (Miyato et al. 2018)."""
    channels, *sides = image(x)
    reached = positions(tuple(sides), kernel_size, stride, padding, (1, 1))
    weights: dict[str, tuple[int, ...]] = {"weight": (out_channels, channels, *kernel_size)}
    if bias:
        weights["bias"] = (out_channels,)
    return Built(
        module(
            "modules.SpectralConv2d",
            channels,
            out_channels,
            brief(kernel_size),
            **sliding(stride, padding, kernel_size, (1, 1)),
            **differing(bias=(bias, True)),
        ),
        output=(out_channels, *reached),
        weights=weights,
        multiply_adds=out_channels * prod(reached) * channels * prod(kernel_size),
    )
