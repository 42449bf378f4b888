"""Depthwise-separable convolution."""

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
from nodes.convolution._sliding import in_direction, margins, positions, read_gaps, sliding


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for channel in range(3):
        y = 6 + 32 * channel
        fill = 0.3 + 0.3 * channel
        sheet.grid(10, y, 3, 3, 8, {(0, 0): fill, (0, 1): fill, (1, 0): fill, (1, 1): fill})
        sheet.arrow((38, y + 12), (66, y + 12))
        sheet.grid(72, y + 2, 2, 2, 10, {(0, 0): fill})
        sheet.segment((94, y + 12), (150, 50), fill, 2.0)
    sheet.disc(158, 50, 8, "family", "+")
    sheet.arrow((167, 50), (186, 50))
    sheet.grid(190, 35, 3, 3, 10, {(0, 0): "family"})
    return "First one window for each channel by itself, then a weighted sum over the channels at each pixel."


def _between(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """What stands between the two convolutions."""
    return FLOAT * arrived[0].sizes[0] * prod(left.sizes[1:])


@layer(
    id="SeparableConv2d",
    name="Separable convolution 2-D",
    picture=_drawn,
    saves=Saves(inputs=True, extra=_between),
    values=RAW,
    stem="sepconv",
    learns="weights",
    formula="between[c] = depthwise[c] ∗ x[c];  out[o] = bias[o] + Σ pointwise[o, c] · between[c]",
    params=[
        Int("out_channels", 32, low=1, high=65_536, label="filters", card=True, help="How many channels to give."),
        Pair("kernel_size", 3, low=1, high=1024, label="kernel", card=True, help="Height and width of the window."),
        Pair("stride", 1, low=1, high=1024, help="How far the window moves in one step."),
        Pair(
            "padding",
            0,
            low=0,
            high=1024,
            words=("same", "valid"),
            help="Rows and columns of zeros on each side of the image; same keeps its size, valid adds none.",
        ),
        Pair("dilation", 1, low=1, high=1024, help="Distance between the values that the window reads."),
        Switch("bias", True, help="Adds one learned number to each channel of the result."),
    ],
    examples=[
        Example(inputs=[(16, 9, 9)], output=(32, 7, 7)),
        Example(inputs=[(3, 8, 6)], params={"out_channels": 8, "stride": 2, "padding": 1}, output=(8, 4, 3)),
        Example(inputs=[(4, 5, 5)], params={"padding": "same", "bias": False}, output=(32, 5, 5)),
    ],
    words=["depthwise", "pointwise", "mobilenet", "xception", "filter", "kernel"],
)
def separable_conv2d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int] | str,
    dilation: tuple[int, int],
    bias: bool,
) -> Built:
    """A convolution in two cheap steps: one window slides over each channel alone, then a 1×1 convolution mixes the
    channels. Far fewer weights than a full convolution (Chollet 2017)."""
    channels, *sides = image(x)
    gaps = read_gaps(dilation, kernel_size)
    reached = positions(tuple(sides), kernel_size, stride, padding, gaps)
    weights: dict[str, tuple[int, ...]] = {
        "depthwise.weight": (channels, 1, *kernel_size),
        "pointwise.weight": (out_channels, channels, 1, 1),
    }
    if bias:
        weights["pointwise.bias"] = (out_channels,)
    call = module(
        "modules.SeparableConv2d",
        channels,
        out_channels,
        brief(kernel_size),
        **sliding(stride, padding, kernel_size, gaps),
        **differing(bias=(bias, True)),
    )
    return Built(
        in_direction(call, 2, margins(padding, kernel_size, gaps)),
        output=(out_channels, *reached),
        weights=weights,
        multiply_adds=prod(reached) * channels * (prod(kernel_size) + out_channels),
    )
