"""Locally connected layer."""

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
from nodes.convolution._sliding import positions


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for row in range(2):
        for column in range(2):
            fill = 0.25 + 0.22 * (2 * row + column)
            sheet.grid(12 + 38 * column, 12 + 38 * row, 3, 3, 12, fill)
            sheet.box(162 + 20 * column, 28 + 20 * row, 20, 20, fill)
    sheet.arrow((96, 48), (152, 48), "accent")
    return "Like a convolution, but each place has weights of its own, so an eye is looked for only where eyes are."


def _windows(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """Every window of the image, side by side."""
    return FLOAT * arrived[0].sizes[0] * prod(left.sizes[1:]) * prod(settings["kernel_size"])


@layer(
    id="LocallyConnected2d",
    name="Locally connected 2-D",
    picture=_drawn,
    saves=Saves(extra=_windows),
    values=RAW,
    stem="local",
    learns="weights",
    formula="out[o, i, j] = bias[o, i, j] + Σ weight[i, j, o, c, m, n] · x[c, i·s + m − p, j·s + n − p];  "
    "s stride, p padding",
    params=[
        Int("out_channels", 16, low=1, high=65_536, label="filters", card=True, help="How many patterns to look for."),
        Pair("kernel_size", 3, low=1, high=1024, label="kernel", card=True, help="Height and width of the window."),
        Pair("stride", 1, low=1, high=1024, help="How far the window moves in one step."),
        Pair("padding", 0, low=0, high=1024, help="Rows and columns of zeros added on each side of the image."),
        Switch("bias", True, help="Adds one learned number for each filter and place."),
    ],
    examples=[
        Example(inputs=[(16, 63, 63)], params={"kernel_size": 9}, output=(16, 55, 55)),
        Example(inputs=[(2, 7, 5)], params={"out_channels": 4, "stride": 2, "padding": 1}, output=(4, 4, 3)),
        Example(inputs=[(3, 4, 4)], params={"bias": False}, output=(16, 2, 2)),
    ],
    words=["unshared", "local", "deepface", "face"],
)
def locally_connected2d(
    x: Shape,
    *,
    out_channels: int,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    bias: bool,
) -> Built:
    """Like a convolution, but every place of the image has filters of its own, because an eye is never found where
    the chin is. It needs very many weights (Taigman et al. 2014)."""
    channels, height, width = image(x)
    rows, columns = positions((height, width), kernel_size, stride, padding, (1, 1))
    weights: dict[str, tuple[int, ...]] = {"weight": (rows, columns, out_channels, channels, *kernel_size)}
    if bias:
        weights["bias"] = (out_channels, rows, columns)
    options = differing(stride=(brief(stride), 1), padding=(brief(padding), 0), bias=(bias, True))
    return Built(
        module(
            "modules.LocallyConnected2d",
            channels,
            out_channels,
            brief(kernel_size),
            image_size=(height, width),
            **options,
        ),
        output=(out_channels, rows, columns),
        weights=weights,
        multiply_adds=rows * columns * out_channels * channels * prod(kernel_size),
    )
