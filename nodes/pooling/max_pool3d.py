"""3-D max pooling."""

from nodes.api import Built, Example, Shape, Switch, Triple, layer, volume
from nodes.api.saves import Saves, places
from nodes.api.values import pooled
from nodes.pooling._pictures import pool_3d
from nodes.pooling._window import pooling


@layer(
    id="MaxPool3d",
    name="Max pooling 3-D",
    picture=pool_3d,
    saves=Saves(inputs=True, extra=places),
    values=pooled,
    backward="of each window the largest gets what comes back, the others get nothing",
    formula="out[c, h, i, j] = max of x[c, h·s + l·d − p, i·s + m·d − p, j·s + n·d − p], l, m and n from 0 to k − 1;  "
    "s stride, d dilation, p padding",
    params=[
        Triple(
            "kernel_size",
            2,
            low=1,
            high=1024,
            label="window",
            card=True,
            help="Size of the block that is reduced to its largest value.",
        ),
        Triple(
            "stride",
            0,
            low=0,
            high=1024,
            zero="as kernel",
            help="How far the window moves in one step; as kernel: by its own size.",
        ),
        Triple(
            "padding",
            0,
            low=0,
            high=512,
            help="Empty layers on each side of the volume; they never hold the largest value.",
        ),
        Triple("dilation", 1, low=1, high=1024, help="Distance between the values that the window reads."),
        Switch(
            "ceil_mode",
            False,
            label="keep the rest",
            help="Lets a last window hang over the end instead of leaving the rest out.",
        ),
    ],
    examples=[
        Example(inputs=[(8, 6, 8, 10)], output=(8, 3, 4, 5)),
        Example(inputs=[(2, 7, 9, 9)], params={"kernel_size": (1, 3, 3), "stride": (1, 2, 2)}, output=(2, 7, 4, 4)),
        Example(inputs=[(1, 8, 8, 8)], params={"kernel_size": 3, "stride": 2, "ceil_mode": True}, output=(1, 4, 4, 4)),
    ],
    words=["subsampling", "downsample"],
)
def max_pool3d(
    x: Shape,
    *,
    kernel_size: tuple[int, int, int],
    stride: tuple[int, int, int],
    padding: tuple[int, int, int],
    dilation: tuple[int, int, int],
    ceil_mode: bool,
) -> Built:
    """Keeps the strongest value of each small block. The volume gets smaller; what was found stays."""
    channels, *sides = volume(x)
    return pooling(
        "nn.MaxPool3d",
        channels,
        tuple(sides),
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
    )
