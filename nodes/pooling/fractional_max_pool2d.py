"""2-D max pooling by a fraction."""

from nodes.api import (
    Built,
    Example,
    Float,
    Pair,
    SetParam,
    Settings,
    Shape,
    ShapeError,
    Sheet,
    brief,
    image,
    layer,
    module,
    times,
)
from nodes.api.saves import Saves, places
from nodes.api.values import pooled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    edges = (0, 1, 3, 4, 6)
    part = {place: number for number in range(4) for place in range(edges[number], edges[number + 1])}
    sheet.grid(24, 11, 6, 6, 13, lambda row, column: 0.15 + 0.05 * (4 * part[row] + part[column]))
    sheet.grid(152, 20, 4, 4, 15, lambda row, column: 0.15 + 0.05 * (4 * row + column))
    sheet.arrow((108, 50), (144, 50), "accent")
    return "Windows of one and of two places alternate at random, so that the image shrinks by a fraction."


@layer(
    id="FractionalMaxPool2d",
    name="Fractional max pooling",
    picture=_drawn,
    saves=Saves(inputs=True, extra=places),
    values=pooled,
    stem="maxpool",
    formula="out[c, i, j] = max of x[c, aᵢ … aᵢ + k − 1, bⱼ … bⱼ + k − 1], aᵢ and bⱼ drawn with steps of 1 and 2",
    params=[
        Float(
            "output_ratio",
            0.7,
            low=0.0,
            high=1.0,
            step=0.05,
            open_low=True,
            open_high=True,
            label="ratio",
            card=True,
            help="Which share of the height and the width is left, such as 0.7.",
        ),
        Pair("kernel_size", 2, low=1, high=64, label="window", help="Size of the window of which the largest stays."),
    ],
    examples=[
        Example(inputs=[(16, 32, 32)], output=(16, 22, 22)),
        Example(inputs=[(2, 10, 6)], params={"output_ratio": 0.5, "kernel_size": 3}, output=(2, 5, 3)),
    ],
    words=["random pooling", "subsampling", "downsample", "graham", "stochastic"],
)
def fractional_max_pool2d(x: Shape, *, output_ratio: float, kernel_size: tuple[int, int]) -> Built:
    """Max pooling that makes an image smaller by any fraction instead of by half, so that a net can have many more
    poolings. Where its windows lie is drawn anew for each image while training, and stays the same afterwards
    (Graham 2014)."""
    channels, *sides = image(x)
    left = tuple(int(side * output_ratio) for side in sides)
    if min(left) < 1:
        raise ShapeError(
            f"Of {times(sides)} places a share of {output_ratio:g} leaves none. Use a larger ratio.",
            fixes=[SetParam("output_ratio", 0.99)] if min(sides) > 1 else [],
        )
    most = tuple(side - out + 1 for side, out in zip(sides, left))
    if any(window > room for window, room in zip(kernel_size, most)):
        raise ShapeError(
            f"Of {times(sides)} places {times(left)} windows of {times(kernel_size)} do not fit. Use windows of at "
            f"most {times(most)}, or a smaller ratio.",
            fixes=[SetParam("kernel_size", tuple(map(min, kernel_size, most)))],
        )
    call = module("modules.FractionalMaxPool2d", brief(kernel_size), output_ratio=output_ratio)
    return Built(call, output=(channels, *left))
