"""3-D average pooling."""

from nodes.api import Built, Example, Shape, Switch, Triple, layer, volume
from nodes.api.values import pooled
from nodes.pooling._pictures import pool_3d
from nodes.pooling._window import pooling


@layer(
    id="AvgPool3d",
    name="Average pooling 3-D",
    picture=pool_3d,
    values=pooled,
    backward="each value of a window gets an equal share of what comes back",
    formula="out[c, h, i, j] = mean of x[c, h·s + l − p, i·s + m − p, j·s + n − p], l, m and n from 0 to k − 1;  "
    "s stride, p padding",
    params=[
        Triple(
            "kernel_size",
            2,
            low=1,
            high=1024,
            label="window",
            card=True,
            help="Size of the block that is reduced to its average.",
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
            "padding", 0, low=0, high=512, help="Layers of zeros on each side of the volume; they count in the average."
        ),
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
    words=["subsampling", "downsample", "mean"],
)
def avg_pool3d(
    x: Shape,
    *,
    kernel_size: tuple[int, int, int],
    stride: tuple[int, int, int],
    padding: tuple[int, int, int],
    ceil_mode: bool,
) -> Built:
    """Replaces each small block by its average. The volume gets smaller and smoother."""
    channels, *sides = volume(x)
    return pooling(
        "nn.AvgPool3d",
        channels,
        tuple(sides),
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        bare=True,
    )
