"""Channels become pixels."""

from math import isqrt

from nodes.api import (
    Built,
    Example,
    Fix,
    Int,
    Misfit,
    SetParam,
    Settings,
    SetUpstream,
    Shape,
    Sheet,
    image,
    layer,
    module,
)
from nodes.api.saves import NOTHING
from nodes.api.values import pooled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    shades = (0.2, 0.45, 0.7, 0.95)
    for channel, fill in enumerate(shades):
        sheet.grid(20 + 42 * (channel % 2), 8 + 42 * (channel // 2), 2, 2, 18, fill)
    sheet.arrow((108, 50), (140, 50), "accent")
    sheet.grid(148, 10, 4, 4, 20, lambda row, column: shades[2 * (row % 2) + column % 2])
    return "The channels become the pixels of a finer image."


@layer(
    id="PixelShuffle",
    name="Pixel shuffle",
    picture=_drawn,
    saves=NOTHING,
    values=pooled,
    followed_by=["Conv2d", "ReLU"],
    stem="shuffle",
    formula="out[c, i, j] = x[c·r² + (i mod r)·r + (j mod r), ⌊i / r⌋, ⌊j / r⌋]",
    params=[
        Int("upscale_factor", 2, low=1, high=64, label="factor", card=True, help="How many times as high and as wide."),
    ],
    examples=[
        Example(inputs=[(12, 8, 8)], output=(3, 16, 16)),
        Example(inputs=[(9, 4, 5)], params={"upscale_factor": 3}, output=(1, 12, 15)),
        Example(inputs=[(16, 4, 5)], params={"upscale_factor": 1}, output=(16, 4, 5)),
    ],
    words=["super resolution", "subpixel", "depth to space", "upsampling"],
)
def pixel_shuffle(x: Shape, *, upscale_factor: int) -> Built:
    """Lays groups of channels out as small squares of pixels: r² times fewer channels, r times as high and as wide.
    Used to make images larger with a convolution before it (Shi et al. 2016)."""
    channels, height, width = image(x)
    square = upscale_factor**2
    if channels % square:
        enough = (channels // square + 1) * square
        smaller = max(factor for factor in range(1, min(isqrt(channels), 64) + 1) if channels % factor**2 == 0)
        fixes: list[Fix] = [SetUpstream("out_channels", enough, port="x")]
        other = ""
        if smaller > 1:
            fixes.append(SetParam("upscale_factor", smaller))
            other = f", or use factor {smaller}"
        raise Misfit(
            f"{channels} channels cannot be laid out as squares of {upscale_factor}×{upscale_factor} pixels: their "
            f"number must be a multiple of {square}. Give the layer before it {enough} filters{other}.",
            fixes=fixes,
        )
    return Built(
        module("nn.PixelShuffle", upscale_factor),
        output=(channels // square, height * upscale_factor, width * upscale_factor),
    )
