"""2-D max pooling."""

from nodes.api import Built, Example, Pair, Shape, Switch, image, layer
from nodes.api.saves import Saves, places
from nodes.api.values import pooled
from nodes.pooling._pictures import max_pool
from nodes.pooling._window import pooling


@layer(
    id="MaxPool2d",
    name="Max pooling",
    picture=max_pool,
    saves=Saves(inputs=True, extra=places),
    values=pooled,
    backward="of each window the largest gets what comes back, the others get nothing",
    formula="out[c, i, j] = max of x[c, i·s + m·d − p, j·s + n·d − p], m and n from 0 to k − 1;  "
    "s stride, d dilation, p padding",
    params=[
        Pair(
            "kernel_size",
            2,
            low=1,
            high=1024,
            label="window",
            card=True,
            help="Size of the window that is reduced to its largest value.",
        ),
        Pair(
            "stride",
            0,
            low=0,
            high=1024,
            zero="as kernel",
            help="How far the window moves in one step; as kernel: by its own size.",
        ),
        Pair(
            "padding",
            0,
            low=0,
            high=512,
            help="Empty rows and columns on each side of the image; they never hold the largest value.",
        ),
        Pair("dilation", 1, low=1, high=1024, help="Distance between the values that the window reads."),
        Switch(
            "ceil_mode",
            False,
            label="keep the rest",
            help="Lets a last window hang over the end instead of leaving the rest out.",
        ),
    ],
    examples=[
        Example(inputs=[(16, 32, 32)], output=(16, 16, 16)),
        Example(inputs=[(2, 7, 9)], params={"kernel_size": 3, "stride": 2}, output=(2, 3, 4)),
        Example(inputs=[(2, 8, 8)], params={"kernel_size": 3, "stride": 2, "ceil_mode": True}, output=(2, 4, 4)),
    ],
    words=["subsampling", "downsample"],
)
def max_pool2d(
    x: Shape,
    *,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
    ceil_mode: bool,
) -> Built:
    """Keeps the strongest value of each small window. The image gets smaller; what was found stays."""
    channels, *sides = image(x)
    return pooling(
        "nn.MaxPool2d",
        channels,
        tuple(sides),
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
    )
