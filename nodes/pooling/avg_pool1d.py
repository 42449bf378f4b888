"""1-D average pooling."""

from nodes.api import Built, Example, Int, Shape, Switch, layer
from nodes.api.shapes import sequence
from nodes.api.values import pooled
from nodes.pooling._pictures import average_pool_1d
from nodes.pooling._window import pooling


@layer(
    id="AvgPool1d",
    name="Average pooling 1-D",
    picture=average_pool_1d,
    values=pooled,
    backward="each value of a window gets an equal share of what comes back",
    formula="out[t, c] = mean of x[t·s + m − p, c], m from 0 to k − 1;  s stride, p padding",
    params=[
        Int(
            "kernel_size",
            2,
            low=1,
            high=1024,
            label="window",
            card=True,
            help="How many steps are reduced to their average.",
        ),
        Int(
            "stride",
            0,
            low=0,
            high=1024,
            zero="as kernel",
            help="How far the window moves in one step; as kernel: by its own size.",
        ),
        Int("padding", 0, low=0, high=512, help="Steps of zeros at both ends; they count in the average."),
        Switch(
            "ceil_mode",
            False,
            label="keep the rest",
            help="Lets a last window hang over the end instead of leaving the rest out.",
        ),
    ],
    examples=[
        Example(inputs=[(32, 12)], output=(16, 12)),
        Example(inputs=[(9, 4)], params={"kernel_size": 3, "stride": 2, "padding": 1}, output=(5, 4)),
        Example(inputs=[(8, 2)], params={"kernel_size": 3, "stride": 2, "ceil_mode": True}, output=(4, 2)),
    ],
    words=["subsampling", "downsample", "mean"],
)
def avg_pool1d(
    x: Shape,
    *,
    kernel_size: int,
    stride: int,
    padding: int,
    ceil_mode: bool,
) -> Built:
    """Replaces a few neighbouring steps by their average. The sequence gets shorter and smoother."""
    time, features = sequence(x)
    return pooling(
        "nn.AvgPool1d",
        features,
        (time,),
        kernel_size=(kernel_size,),
        stride=(stride,),
        padding=(padding,),
        ceil_mode=ceil_mode,
    )
