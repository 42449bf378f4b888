"""2-D average pooling."""

from nodes.api import Built, Example, Pair, Shape, Switch, image, layer
from nodes.api.values import pooled
from nodes.pooling._pictures import average_pool
from nodes.pooling._window import pooling


@layer(
    id="AvgPool2d",
    name="Average pooling",
    picture=average_pool,
    values=pooled,
    backward="each value of a window gets an equal share of what comes back",
    formula="out[c, i, j] = mean of x[c, i·s + m − p, j·s + n − p], m and n from 0 to k − 1;  s stride, p padding",
    params=[
        Pair(
            "kernel_size",
            2,
            low=1,
            high=1024,
            label="window",
            card=True,
            help="Size of the window that is reduced to its average.",
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
            help="Rows and columns of zeros on each side of the image; they count in the average.",
        ),
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
    words=["subsampling", "downsample", "mean"],
)
def avg_pool2d(
    x: Shape,
    *,
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    ceil_mode: bool,
) -> Built:
    """Replaces each small window by its average. The image gets smaller and smoother."""
    channels, *sides = image(x)
    return pooling(
        "nn.AvgPool2d",
        channels,
        tuple(sides),
        kernel_size=kernel_size,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
    )
